import { useEffect } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { screenAvailable } from "../client/devices";
import { PushToTalk } from "../client/pushToTalk";
import {
  combinationKeys,
  combinationOf,
  type Command,
  isLive,
  isMac,
  keyOf,
  type LiveCommand,
  singleOf,
} from "../client/shortcuts";
import { findParticipant } from "../client/state";
import { Typing } from "../client/typing";
import { forget, notify } from "../notices/notices";
import type { CallParts } from "./useCallContext";
import { toggleFullScreen } from "./useFullScreen";

/** What the space bar presses by itself. */
function isPressable(target: EventTarget | null): boolean {
  return (
    target instanceof Element && target.closest("button, a, summary, input, [role=menuitem], [role=switch]") !== null
  );
}

/** Where arrows move something else than pages. */
function takesArrows(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, video, [role=slider], [role=radio], [role=tab]") !== null;
}

function hasModifier({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}

type Parts = Pick<CallParts, "call" | "media" | "ui">;

/** Of the notice that tells why a key did nothing. */
const TOPIC = "shortcuts";

/** Keys that do things, as far as the person wants that, and the space bar to talk. */
export function useShortcuts(parts: Parts): void {
  const { t } = useTranslation("call");
  useEffect(() => {
    const keys = new Keys(parts, t);
    const { onKeyDown, onKeyDownBefore, onKeyUp, onBlur, onPointerDown } = keys;
    // Also keys that others keep to themselves tell whether somebody is typing.
    window.addEventListener("keydown", onKeyDownBefore, true);
    window.addEventListener("keydown", onKeyDown);
    window.addEventListener("keyup", onKeyUp);
    window.addEventListener("blur", onBlur);
    window.addEventListener("pointerdown", onPointerDown);
    return () => {
      keys.onBlur();
      forget(TOPIC);
      window.removeEventListener("keydown", onKeyDownBefore, true);
      window.removeEventListener("keydown", onKeyDown);
      window.removeEventListener("keyup", onKeyUp);
      window.removeEventListener("blur", onBlur);
      window.removeEventListener("pointerdown", onPointerDown);
    };
  }, [parts, t]);
}

/** What is done with the keys of a call. */
class Keys {
  private readonly talk: PushToTalk;
  private readonly typing = new Typing();
  private types = false;
  private readonly mac = isMac();

  constructor(
    private readonly parts: Parts,
    private readonly t: TFunction<"call">,
  ) {
    this.talk = new PushToTalk(parts.media);
  }

  readonly onKeyDownBefore = (event: KeyboardEvent): void => {
    const [target = null] = event.composedPath();
    if (!hasModifier(event)) this.types = this.typing.press(event.key, target, performance.now());
  };

  readonly onKeyDown = (event: KeyboardEvent): void => {
    // AltGr writes what is on a key, though it looks like Ctrl and Alt; an input method takes keys for its own.
    if (event.defaultPrevented || event.isComposing || event.getModifierState("AltGraph")) return;
    if (hasModifier(event)) this.combination(event);
    else this.single(event);
  };

  readonly onKeyUp = (event: KeyboardEvent): void => {
    if (event.key === " " || event.code === "Space") this.talk.release();
  };

  /** The key may be let go in another window, which tells nothing. */
  readonly onBlur = (): void => this.talk.release();

  readonly onPointerDown = (): void => this.typing.end();

  /** Also from a field: what is typed there has no such keys. */
  private combination(event: KeyboardEvent): void {
    const command = combinationOf(event, this.mac);
    if (command === null) return;
    // Never the browser's own, such as a bookmark, because of what happens to be open.
    event.preventDefault();
    // Behind a dialog only what is urgent: not to be heard or seen.
    const allowed = isLive(command) || !this.covered();
    if (allowed && !event.repeat) run(command, this.parts, this.t);
  }

  private single(event: KeyboardEvent): void {
    const { media, call } = this.parts;
    const [target = null] = event.composedPath();
    const key = keyOf(event);
    if (this.types || this.covered() || ownsKeys(target)) return;
    const { pushToTalk, shortcuts } = media.preferences.getSnapshot();
    if (key === " ") {
      if (!pushToTalk || !call.getSnapshot().rights.publish || isPressable(target)) return;
      event.preventDefault();
      if (!event.repeat) this.talk.press();
    } else if (!event.repeat && (this.move(key, target) || (shortcuts && this.command(event)))) {
      event.preventDefault();
    }
  }

  /** A dialog or menu is open, or about to be drawn. */
  private covered(): boolean {
    const open = '[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]';
    return this.parts.ui.getSnapshot().window !== null || document.querySelector(open) !== null;
  }

  private move(key: string, target: EventTarget | null): boolean {
    const { ui } = this.parts;
    if (key === "Escape") ui.closePanel();
    else if (key === "ArrowLeft" && !takesArrows(target)) ui.turn(-1);
    else if (key === "ArrowRight" && !takesArrows(target)) ui.turn(1);
    else return false;
    return true;
  }

  /** Returns whether the key does something. */
  private command(event: KeyboardEvent): boolean {
    const command = singleOf(event);
    if (command === null) return false;
    const { liveKeys } = this.parts.media.preferences.getSnapshot();
    // A letter that was meant for a field must not be what others hear or see somebody by.
    if (isLive(command) && !liveKeys && !isOn(command, this.parts)) this.hint(command);
    else run(command, this.parts, this.t);
    return true;
  }

  /** Says what to press instead of a letter. */
  private hint(command: LiveCommand): void {
    const { ui, call } = this.parts;
    if (!call.getSnapshot().rights.publish) return;
    const keys = combinationKeys(command, this.mac, this.t("shortcuts.ctrl")).join(" + ");
    forget(TOPIC);
    notify(this.t(`notice.notByLetter.${command}`, { keys }), {
      topic: TOPIC,
      action: { label: this.t("settings.title"), run: () => ui.open("settings") },
    });
  }
}

/** A panel has keys of its own, and a field that letters may be meant for. */
function ownsKeys(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("aside") !== null;
}

function isOn(command: LiveCommand, { media }: Parts): boolean {
  const { microphone, camera, screen } = media.getSnapshot();
  return { microphone: microphone.on, camera: camera.on, screen: screen !== null }[command];
}

function run(command: Command, { call, media, ui }: Parts, t: TFunction<"call">): void {
  const state = call.getSnapshot();
  const { microphone, camera, screen } = media.getSnapshot();
  if (isLive(command) && !state.rights.publish) return;
  const actions: Readonly<Record<Command, () => void>> = {
    microphone: () => void media.setMicrophone(!microphone.on),
    camera: () => void media.setCamera(!camera.on),
    screen: () => {
      if (screen !== null) media.stopScreen();
      else if (screenAvailable()) void media.startScreen();
    },
    hand: () => {
      const raised = findParticipant(state, state.you)?.hand ?? false;
      call.raiseHand(!raised).catch(() => notify(t("failure.other"), { kind: "bad" }));
    },
    chat: () => ui.togglePanel("chat"),
    people: () => ui.togglePanel("people"),
    details: () => ui.togglePanel("details"),
    layout: () => {
      const next = { auto: "grid", grid: "speaker", speaker: "auto" } as const;
      const { preferences } = media;
      const layout = next[preferences.getSnapshot().layout];
      preferences.update({ layout });
      notify(t("notice.layout", { layout: t(`layout.${layout}`) }));
    },
    full: toggleFullScreen,
    settings: () => ui.open("settings"),
    help: () => ui.open("shortcuts"),
  };
  actions[command]();
}
