import { describe, expect, test } from "vitest";
import { combinationKeys, combinationOf, inForce, isMac, keyOf, SHORTCUTS, singleOf } from "../../src/client/shortcuts";

const pressed = (key: string, code: string, shiftKey = false) => ({ key, code, shiftKey });

describe("a key", () => {
  test.each([
    ["Latin", "m", "KeyM", "m"],
    ["Latin, Caps Lock", "M", "KeyM", "m"],
    ["AZERTY, where M is elsewhere", "m", "Semicolon", "m"],
    ["AZERTY, where another sign is in its place", ",", "KeyM", ","],
    ["Dvorak", "c", "KeyI", "c"],
    ["Russian", "ь", "KeyM", "m"],
    ["Greek", "μ", "KeyM", "m"],
    ["Hebrew", "צ", "KeyM", "m"],
    ["Arabic", "ة", "KeyM", "m"],
    ["Arabic, two letters on one key", "لا", "KeyB", "b"],
    ["kana", "も", "KeyM", "m"],
    ["Turkish", "ı", "KeyI", "i"],
    ["Georgian", "ჰ", "KeyH", "h"],
    ["Korean", "ㅡ", "KeyM", "m"],
    ["full width", "ｍ", "KeyM", "m"],
    ["a full-width space", "　", "Space", " "],
    ["Russian, the place of the comma", "б", "Comma", ","],
    ["a name", "Escape", "Escape", "Escape"],
    ["an umlaut", "ö", "Semicolon", "ö"],
    ["a dead key", "Dead", "KeyE", "Dead"],
  ])("on a keyboard that is %s", (_, key, code, expected) => {
    expect(keyOf(pressed(key, code))).toBe(expected);
  });

  test("with a question mark of its own asks all the same", () => {
    expect(keyOf(pressed("؟", "Slash", true))).toBe("?");
    expect(singleOf(pressed("؟", "Slash", true))).toBe("help");
  });
});

test("no two commands have the same key", () => {
  const keys = SHORTCUTS.map(({ key }) => key);
  const combinations = SHORTCUTS.flatMap(({ combination: c }) => (c === undefined ? [] : [`${c.key}${c.both}`]));
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(combinations).size).toBe(combinations.length);
});

test("combinations are known by place too", () => {
  const ctrl = { ctrlKey: true, altKey: false, metaKey: false };
  expect(combinationOf({ ...pressed("в", "KeyD"), ...ctrl }, false)).toBe("microphone");
  expect(combinationOf({ ...pressed("в", "KeyD"), ...ctrl }, true)).toBeNull();
});

test("what is printed on the keys", () => {
  expect(combinationKeys("microphone", false, "Strg")).toEqual(["Strg", "D"]);
  expect(combinationKeys("chat", false, "Ctrl")).toEqual(["Ctrl", "Alt", "C"]);
  expect(combinationKeys("chat", true, "Ctrl")).toEqual(["⌃", "⌘", "C"]);
  expect(combinationKeys("layout", true, "Ctrl")).toEqual([]);
  expect([isMac("MacIntel"), isMac("iPhone"), isMac("Win32"), isMac("Linux x86_64")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

describe("what is listed", () => {
  const rows = (shortcuts: boolean, liveKeys: boolean) =>
    inForce({ shortcuts, liveKeys }, false, "Ctrl").map(
      ({ command, off, ways }) => `${command}${off ? " off" : ""}: ${ways.map((keys) => keys.join("+")).join(" or ")}`,
    );

  test("is what is in force", () => {
    expect(rows(true, false).slice(0, 4)).toEqual([
      "microphone: Ctrl+D",
      "microphone off: M",
      "camera: Ctrl+E",
      "camera off: V",
    ]);
    expect(rows(true, true).slice(0, 3)).toEqual(["microphone: Ctrl+D or M", "camera: Ctrl+E or V", "screen: S"]);
    expect(rows(false, true)).toEqual([
      "microphone: Ctrl+D",
      "camera: Ctrl+E",
      "hand: Ctrl+Alt+H",
      "chat: Ctrl+Alt+C",
      "people: Ctrl+Alt+P",
      "details: Ctrl+Alt+I",
      "help: Ctrl+/",
    ]);
  });
});
