import type { PreferenceState } from "./preferences";

export type Command =
  "microphone" | "camera" | "screen" | "hand" | "chat" | "people" | "details" | "layout" | "full" | "settings" | "help";

/** What sends sound or pictures when it is turned on. */
export type LiveCommand = Extract<Command, "microphone" | "camera" | "screen">;

interface Shortcut {
  command: Command;
  /** Pressed alone, while nobody is typing. */
  key: string;
  /** Pressed with Ctrl, or ⌘ on a Mac; with `both`, Ctrl and Alt, or Ctrl and ⌘. Chosen so that browsers let go of them. */
  combination?: { key: string; both?: true };
}

export const SHORTCUTS: readonly Shortcut[] = [
  { command: "microphone", key: "m", combination: { key: "d" } },
  { command: "camera", key: "v", combination: { key: "e" } },
  { command: "screen", key: "s" },
  { command: "hand", key: "h", combination: { key: "h", both: true } },
  { command: "chat", key: "c", combination: { key: "c", both: true } },
  { command: "people", key: "p", combination: { key: "p", both: true } },
  { command: "details", key: "i", combination: { key: "i", both: true } },
  { command: "layout", key: "l" },
  { command: "full", key: "f" },
  { command: "settings", key: "," },
  { command: "help", key: "?", combination: { key: "/" } },
];

const LIVE: ReadonlySet<Command> = new Set<LiveCommand>(["microphone", "camera", "screen"]);

export function isLive(command: Command): command is LiveCommand {
  return LIVE.has(command);
}

type Pressed = Pick<KeyboardEvent, "key" | "code" | "shiftKey">;
type Modifiers = Pick<KeyboardEvent, "ctrlKey" | "altKey" | "metaKey">;

/**
 * The key as on a Latin keyboard: what it writes there, or its name. On keyboards of other scripts a key is known by its
 * place, so that letters are where they are on the one that most of them share.
 */
export function keyOf({ key, code, shiftKey }: Pressed): string {
  if (/^[ -~]+$/u.test(key)) return key.length === 1 ? key.toLowerCase() : key;
  const letter = /^Key([A-Z])$/u.exec(code)?.[1];
  if (letter !== undefined) return letter.toLowerCase();
  const signs: Readonly<Record<string, string>> = { Space: " ", Comma: ",", Slash: shiftKey ? "?" : "/" };
  return signs[code] ?? key;
}

/** What a key pressed with Ctrl, Alt or ⌘ does; null: nothing here. */
export function combinationOf(event: Pressed & Modifiers, mac: boolean): Command | null {
  const { ctrlKey, altKey, metaKey } = event;
  const one = mac ? metaKey && !ctrlKey && !altKey : ctrlKey && !metaKey && !altKey;
  const both = mac ? metaKey && ctrlKey && !altKey : ctrlKey && altKey && !metaKey;
  if (!one && !both) return null;
  const key = keyOf(event);
  // With Shift a letter is another command, of the browser's. Signs may be where Shift is needed.
  if (event.shiftKey && /^[a-z]$/u.test(key)) return null;
  const found = SHORTCUTS.find(({ combination: c }) => c?.key === key && (c.both ?? false) === both);
  return found?.command ?? null;
}

/** What a key pressed alone does; null: nothing. */
export function singleOf(event: Pressed): Command | null {
  const key = keyOf(event);
  if (event.shiftKey && /^[a-z]$/u.test(key)) return null;
  return SHORTCUTS.find((shortcut) => shortcut.key === key)?.command ?? null;
}

export function isMac(platform = navigator.platform): boolean {
  return /Mac|iPhone|iPad/u.test(platform);
}

/** The keys of a command's combination as they are printed on keyboards; `ctrl` is what Ctrl is called. */
export function combinationKeys(command: Command, mac: boolean, ctrl: string): string[] {
  const combination = SHORTCUTS.find((one) => one.command === command)?.combination;
  if (combination === undefined) return [];
  const modifiers = mac ? ["⌘"] : [ctrl];
  if (combination.both) modifiers[mac ? "unshift" : "push"](mac ? "⌃" : "Alt");
  return [...modifiers, combination.key.toUpperCase()];
}

export interface InForce {
  command: Command;
  /** True where the key only turns it off. */
  off: boolean;
  /** Any of these does it, each of them keys that are pressed together. */
  ways: string[][];
}

/** What keys do now. */
export function inForce(
  { shortcuts, liveKeys }: Pick<PreferenceState, "shortcuts" | "liveKeys">,
  mac: boolean,
  ctrl: string,
): InForce[] {
  const found: InForce[] = [];
  for (const { command, key } of SHORTCUTS) {
    const combination = combinationKeys(command, mac, ctrl);
    const ways = combination.length > 0 ? [combination] : [];
    const single = [key.toUpperCase()];
    const onlyOff = isLive(command) && !liveKeys;
    if (shortcuts && !onlyOff) ways.push(single);
    if (ways.length > 0) found.push({ command, off: false, ways });
    if (shortcuts && onlyOff) found.push({ command, off: true, ways: [single] });
  }
  return found;
}
