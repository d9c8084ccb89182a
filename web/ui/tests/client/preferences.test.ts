import { expect, test } from "vitest";
import { DEFAULTS, Preferences, type Storage } from "../../src/client/preferences";

function storage(initial: string | null = null): Storage & { text: string | null } {
  return {
    text: initial,
    getItem() {
      return this.text;
    },
    setItem(_key, text) {
      this.text = text;
    },
  };
}

test("choices outlive the visit", () => {
  const kept = storage();
  new Preferences(kept).update({ mirror: false, mostVideos: 6, microphone: "usb" });
  expect(new Preferences(kept).getSnapshot()).toEqual({ ...DEFAULTS, mirror: false, mostVideos: 6, microphone: "usb" });
});

test("what makes no sense is left out", () => {
  const stored = JSON.stringify({
    mirror: "yes",
    mostVideos: -1,
    mostHeight: 180,
    layout: "spiral",
    camera: 5,
    extra: 1,
  });
  expect(new Preferences(storage(stored)).getSnapshot()).toEqual({ ...DEFAULTS, mostHeight: 180 });
  for (const broken of ["{", "null", "[]", '"text"', "7"]) {
    expect(new Preferences(storage(broken)).getSnapshot()).toEqual(DEFAULTS);
  }
});

test("a browser that remembers nothing is no trouble", () => {
  const refusing: Storage = {
    getItem: () => {
      throw new Error("no");
    },
    setItem: () => {
      throw new Error("no");
    },
  };
  const preferences = new Preferences(refusing);
  preferences.update({ blur: true });
  expect(preferences.getSnapshot().blur).toBe(true);
  expect(new Preferences(null).getSnapshot()).toEqual(DEFAULTS);
});
