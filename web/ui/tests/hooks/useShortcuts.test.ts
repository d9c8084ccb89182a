// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { useShortcuts } from "../../src/hooks/useShortcuts";
import { startTexts } from "../../src/i18n/i18n";
import { notices } from "../../src/notices/notices";
import { callParts } from "../fakes/FakeCall";
import { give, settle, told, watchListeners } from "../fakes/rendering";

beforeAll(() => startTexts("en"));
beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = "";
});

/** With every single key in force, unless a test changes that. */
function setUp() {
  const all = callParts();
  all.media.preferences.update({ liveKeys: true });
  const { unmount } = renderHook(() => useShortcuts(all.parts));
  return { ...all, unmount };
}

/** Presses a key where `target` has the keyboard; whether the page took it for itself. */
function press(key: string, target: EventTarget = document.body, init: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  // The one of happy-dom takes Alt for AltGr.
  give(event, { getModifierState: () => false });
  act(() => void target.dispatchEvent(event));
  return event.defaultPrevented;
}

const letGo = (key: string): void => act(() => void window.dispatchEvent(new KeyboardEvent("keyup", { key })));

function put(html: string): Element {
  document.body.insertAdjacentHTML("beforeend", html);
  const element = document.body.lastElementChild?.querySelector("[data-here]") ?? document.body.lastElementChild;
  if (element === null) throw new Error("nothing was put");
  return element;
}

describe("keys for one's own part", () => {
  test("turn the microphone and the camera on and off", () => {
    const { media } = setUp();
    expect(press("m")).toBe(true);
    press("M");
    press("v");
    expect(media.setMicrophone.mock.calls).toEqual([[true], [false]]);
    expect(media.setCamera.mock.calls).toEqual([[true]]);
  });

  test("do so only for those who may be seen and heard", () => {
    const { call, media } = setUp();
    call.update({ rights: { publish: false, chat: true, moderate: false } });
    press("m");
    press("v");
    press("s");
    press(" ");
    expect(media.setMicrophone).not.toHaveBeenCalled();
    expect(media.setCamera).not.toHaveBeenCalled();
    expect(media.startScreen).not.toHaveBeenCalled();
  });

  test("share the screen and end that, where the browser can", () => {
    const { media } = setUp();
    press("s");
    expect(media.startScreen).not.toHaveBeenCalled();
    give(navigator, { mediaDevices: { getDisplayMedia: () => undefined } });
    press("s");
    expect(media.startScreen).toHaveBeenCalledOnce();
    media.update({ screen: {} as MediaStreamTrack });
    press("s");
    expect(media.stopScreen).toHaveBeenCalledOnce();
  });

  test("raise and lower a hand, and say where that fails", async () => {
    const { call } = setUp();
    press("h");
    const [me, ...others] = call.getSnapshot().participants;
    if (me === undefined) throw new Error("nobody is there");
    call.update({ participants: [{ ...me, hand: true }, ...others] });
    call.raiseHand.mockRejectedValueOnce(new Error("lost"));
    press("h");
    await settle();
    expect(call.raiseHand.mock.calls).toEqual([[true], [false]]);
    expect(told()).toHaveLength(1);
  });
});

describe("keys for the page", () => {
  test("open panels and windows, and turn pages", () => {
    const { ui } = setUp();
    press("c");
    expect(ui.getSnapshot().panel).toBe("chat");
    press("p");
    expect(ui.getSnapshot().panel).toBe("people");
    press("Escape");
    expect(ui.getSnapshot().panel).toBeNull();
    ui.setPages(0, 3);
    press("ArrowRight");
    press("ArrowRight");
    press("ArrowLeft");
    expect(ui.getSnapshot().page).toBe(1);
    press("?", document.body, { shiftKey: true });
    expect(ui.getSnapshot().window).toEqual({ kind: "shortcuts" });
  });

  test("go through the layouts, and say which it is", () => {
    const { media } = setUp();
    const layouts = [1, 2, 3].map(() => {
      press("l");
      return media.preferences.getSnapshot().layout;
    });
    expect(layouts).toEqual(["grid", "speaker", "auto"]);
    expect(told()).toHaveLength(3);
  });

  test("fill the screen, or bear that the browser refuses", async () => {
    setUp();
    let asked = 0;
    const requestFullscreen = (): Promise<void> => {
      asked++;
      return Promise.reject(new TypeError("no click"));
    };
    give(document, { fullscreenElement: null, fullscreenEnabled: true });
    give(document.documentElement, { requestFullscreen });
    press("f");
    await settle();
    expect(asked).toBe(1);
  });

  test("that mean nothing are left to the browser", () => {
    setUp();
    for (const key of ["x", "Tab", "Enter", "F5"]) expect(press(key)).toBe(false);
  });
});

describe("keys do nothing", () => {
  test.each([
    ["in a line of text", "<input>"],
    ["in a password", '<input type="password">'],
    ["in a message", "<textarea></textarea>"],
    ["in a list of choices", "<select></select>"],
    ["in text that can be edited", "<div contenteditable='true'></div>"],
    ["in a field made of something else", "<div role='textbox' tabindex='0'></div>"],
    ["in a list that letters choose from", "<div role='listbox'><b data-here></b></div>"],
    ["in a page within the page", "<object></object>"],
    ["in a panel", "<aside tabindex='-1'></aside>"],
    ["at a button in a panel", "<aside><button data-here></button></aside>"],
  ])("%s", (_, html) => {
    const { media } = setUp();
    const target = put(html);
    expect(press("m", target)).toBe(false);
    expect(press(" ", target)).toBe(false);
    expect(media.setMicrophone).not.toHaveBeenCalled();
  });

  test.each([
    ["a dialog", '<div role="dialog"></div>'],
    ["a menu", '<div role="menu"></div>'],
    ["a question", '<div role="alertdialog"></div>'],
  ])("behind %s", (_, html) => {
    const { media } = setUp();
    put(html);
    press("m");
    press(" ");
    expect(media.setMicrophone).not.toHaveBeenCalled();
  });

  test("behind a window that is only about to be drawn", () => {
    const { media, ui } = setUp();
    ui.open("settings");
    press("m");
    expect(media.setMicrophone).not.toHaveBeenCalled();
  });

  test.each([
    { ctrlKey: true },
    { metaKey: true },
    { altKey: true },
    { shiftKey: true },
    { repeat: true },
    { isComposing: true },
  ])("with %o", (init) => {
    const { media } = setUp();
    press("m", document.body, init);
    expect(media.setMicrophone).not.toHaveBeenCalled();
  });

  test("that something else on the page has taken", () => {
    const { ui } = setUp();
    const target = put("<div></div>");
    target.addEventListener("keydown", (event) => event.preventDefault());
    press("c", target);
    expect(ui.getSnapshot().panel).toBeNull();
  });

  test("where the person wants none, apart from the one to talk", () => {
    const { media } = setUp();
    media.preferences.update({ shortcuts: false });
    expect(press("m")).toBe(false);
    expect(media.setMicrophone).not.toHaveBeenCalled();
    press("Escape");
    press(" ");
    expect(media.setMicrophone).toHaveBeenCalledExactlyOnceWith(true);
  });
});

describe("single keys that the person has not allowed to", () => {
  test("turn on nothing that others hear or see, and say what to press", () => {
    const { media, ui } = setUp();
    media.preferences.update({ liveKeys: false });
    give(navigator, { mediaDevices: { getDisplayMedia: () => undefined } });
    for (const key of "move its") press(key);
    expect(media.setMicrophone.mock.calls).toEqual([[true]]); // by the space bar, which is let go again
    letGo(" ");
    expect(media.setCamera).not.toHaveBeenCalled();
    expect(media.startScreen).not.toHaveBeenCalled();
    press("m");
    expect(told().slice(-1)).toEqual(["Press Ctrl + D to unmute."]);
    act(() => notices.getSnapshot().at(-1)?.action?.run());
    expect(ui.getSnapshot().window).toEqual({ kind: "settings" });
  });

  test("turn off what is on", () => {
    const { media } = setUp();
    media.preferences.update({ liveKeys: false });
    media.change("microphone", { on: true });
    media.change("camera", { on: true });
    media.update({ screen: {} as MediaStreamTrack });
    for (const key of "mvs") press(key);
    expect(media.setMicrophone.mock.calls).toEqual([[false]]);
    expect(media.setCamera.mock.calls).toEqual([[false]]);
    expect(media.stopScreen).toHaveBeenCalledOnce();
    expect(told()).toEqual([]);
  });
});

describe("combinations", () => {
  const ctrl = { ctrlKey: true };
  const both = { ctrlKey: true, altKey: true };

  test("turn the microphone and the camera on and off, also from a field and behind a dialog", () => {
    const { media, ui } = setUp();
    media.preferences.update({ shortcuts: false, liveKeys: false });
    expect(press("d", put("<textarea></textarea>"), ctrl)).toBe(true);
    expect(press("d", document.body, { ...ctrl, repeat: true })).toBe(true);
    ui.open("settings");
    press("d", document.body, ctrl);
    press("e", document.body, ctrl);
    expect(media.setMicrophone.mock.calls).toEqual([[true], [false]]);
    expect(media.setCamera.mock.calls).toEqual([[true]]);
  });

  test("open panels, but not behind a dialog, where they are kept from the browser too", () => {
    const { ui } = setUp();
    const field = put("<textarea></textarea>");
    expect(press("c", field, both)).toBe(true);
    expect(ui.getSnapshot().panel).toBe("chat");
    press("p", field, both);
    expect(ui.getSnapshot().panel).toBe("people");
    put('<div role="dialog"></div>');
    expect(press("c", document.body, both)).toBe(true);
    expect(ui.getSnapshot().panel).toBe("people");
  });

  test("are those of a Mac on a Mac", () => {
    give(navigator, { platform: "MacIntel" });
    const { media, ui } = setUp();
    expect(press("d", document.body, ctrl)).toBe(false);
    expect(press("d", document.body, { metaKey: true })).toBe(true);
    press("c", document.body, { metaKey: true, ctrlKey: true });
    press("/", document.body, { metaKey: true, shiftKey: true });
    expect(media.setMicrophone).toHaveBeenCalledExactlyOnceWith(true);
    expect(ui.getSnapshot()).toMatchObject({ panel: "chat", window: { kind: "shortcuts" } });
  });

  test.each([
    ["m", ctrl],
    ["d", { ...ctrl, shiftKey: true }],
    ["d", { ...ctrl, metaKey: true }],
    ["d", both],
    ["c", ctrl],
  ])("are not %s with %o", (key, init) => {
    const { media, ui } = setUp();
    expect(press(key, document.body, init)).toBe(false);
    expect(media.setMicrophone).not.toHaveBeenCalled();
    expect(ui.getSnapshot().panel).toBeNull();
  });

  test("are not what AltGr writes", () => {
    const { ui } = setUp();
    const event = new KeyboardEvent("keydown", { key: "ć", code: "KeyC", bubbles: true, cancelable: true, ...both });
    give(event, { getModifierState: (name: string) => name === "AltGraph" });
    act(() => void document.body.dispatchEvent(event));
    expect(ui.getSnapshot().panel).toBeNull();
  });
});

describe("somebody who types", () => {
  test("goes on typing where the field is taken away under their hands, until they pause", () => {
    const { media, ui } = setUp();
    const field = put("<textarea></textarea>");
    press("m", field);
    field.remove();
    for (const key of "ove it, or what") press(key);
    expect(media.setMicrophone).not.toHaveBeenCalled();
    expect(media.setCamera).not.toHaveBeenCalled();
    expect(ui.getSnapshot()).toMatchObject({ panel: null, window: null });
    vi.advanceTimersByTime(1500);
    press("m");
    expect(media.setMicrophone).toHaveBeenCalledOnce();
  });

  test.each(["Escape", "Enter", "Tab"])("has ended with %s, also where the field keeps that to itself", (end) => {
    const { media } = setUp();
    const field = put("<textarea></textarea>");
    field.addEventListener("keydown", (event) => event.stopPropagation());
    press("x", field);
    press(end, field);
    press("m");
    expect(media.setMicrophone).toHaveBeenCalledOnce();
  });

  test("has ended with a click", () => {
    const { media } = setUp();
    press("x", put("<textarea></textarea>"));
    act(() => void document.body.dispatchEvent(new Event("pointerdown", { bubbles: true })));
    press("m");
    expect(media.setMicrophone).toHaveBeenCalledOnce();
  });
});

test("arrows move a slider, a choice or a tab where they are, and no pages", () => {
  const { ui } = setUp();
  ui.setPages(0, 3);
  for (const html of ['<input type="range">', "<div role='tab'></div>", "<div role='radio'></div>"]) {
    press("ArrowRight", put(html));
  }
  expect(ui.getSnapshot().page).toBe(0);
});

test("a tick box and a slider are not text: keys do what they do elsewhere", () => {
  const { media } = setUp();
  press("m", put('<input type="checkbox">'));
  press("m", put('<input type="range">'));
  expect(media.setMicrophone).toHaveBeenCalledTimes(2);
});

describe("the space bar", () => {
  test("held, unmutes, and let go, mutes again; the page does not scroll meanwhile", () => {
    const { media } = setUp();
    expect(press(" ")).toBe(true);
    expect(press(" ", document.body, { repeat: true })).toBe(true);
    letGo("m");
    expect(media.setMicrophone.mock.calls).toEqual([[true]]);
    letGo(" ");
    expect(media.setMicrophone.mock.calls).toEqual([[true], [false]]);
  });

  test("let go in another window has not unmuted for good", () => {
    const { media } = setUp();
    press(" ");
    act(() => void window.dispatchEvent(new Event("blur")));
    expect(media.setMicrophone.mock.calls).toEqual([[true], [false]]);
  });

  test("let go in a dialog that came meanwhile, or after the call, mutes all the same", () => {
    const { media, unmount } = setUp();
    press(" ");
    put('<div role="dialog"></div>');
    letGo(" ");
    expect(media.setMicrophone.mock.calls).toEqual([[true], [false]]);
    document.body.innerHTML = "";
    press(" ");
    unmount();
    expect(media.setMicrophone.mock.calls.slice(2)).toEqual([[true], [false]]);
  });

  test.each([
    "<button></button>",
    "<a href='#'><b data-here></b></a>",
    "<div role='switch'></div>",
    "<div role='menuitem'></div>",
    "<input type='checkbox'>",
  ])("presses %s, and does not unmute", (html) => {
    const { media } = setUp();
    expect(press(" ", put(html))).toBe(false);
    expect(media.setMicrophone).not.toHaveBeenCalled();
  });

  test("does nothing where the person does not want it to", () => {
    const { media } = setUp();
    media.preferences.update({ pushToTalk: false });
    expect(press(" ")).toBe(false);
    expect(media.setMicrophone).not.toHaveBeenCalled();
  });
});

test("no key is heard after the end", () => {
  const listeners = watchListeners(window);
  const { media, unmount } = setUp();
  const heard = () => listeners().filter((type) => ["keydown", "keyup", "blur", "pointerdown"].includes(type));
  expect(heard()).toHaveLength(5);
  unmount();
  expect(heard()).toEqual([]);
  press("m");
  expect(media.setMicrophone).not.toHaveBeenCalled();
});
