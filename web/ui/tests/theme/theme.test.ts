import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeBrowser } from "../fakes/browser";

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function start(browser: FakeBrowser) {
  const { theme } = await import("../../src/theme/theme");
  return { browser, theme: theme() };
}

describe("the theme", () => {
  test("is the device's at first, and follows it", async () => {
    const { browser, theme } = await start(new FakeBrowser(true));
    expect(theme.getSnapshot()).toEqual({ choice: "system", shown: "dark" });
    browser.turn(false);
    expect(theme.getSnapshot()).toEqual({ choice: "system", shown: "light" });
    expect(browser.dataset.theme).toBe("light");
  });

  test("is what was chosen, whatever the device says, and is remembered", async () => {
    const { browser, theme } = await start(new FakeBrowser(false));
    theme.choose("dark");
    browser.turn(true);
    browser.turn(false);
    expect(browser.dataset.theme).toBe("dark");
    expect(browser.stored.get("milanio.theme")).toBe("dark");
    theme.choose("system");
    expect(browser.dataset.theme).toBe("light");
    expect(browser.stored.has("milanio.theme")).toBe(false);
  });

  test("is remembered from the last time; nonsense is not", async () => {
    const browser = new FakeBrowser(false);
    browser.stored.set("milanio.theme", "dark");
    expect((await start(browser)).theme.getSnapshot()).toEqual({ choice: "dark", shown: "dark" });
    vi.resetModules();
    browser.stored.set("milanio.theme", "purple");
    expect((await start(browser)).theme.getSnapshot()).toEqual({ choice: "system", shown: "light" });
  });

  test("changes with that of another tab", async () => {
    const { browser, theme } = await start(new FakeBrowser(false));
    browser.otherTab("milanio.theme", "dark");
    expect(theme.getSnapshot()).toEqual({ choice: "dark", shown: "dark" });
    browser.otherTab("milanio.other", "light");
    expect(theme.getSnapshot().choice).toBe("dark");
  });

  test("changes softly, for a moment", async () => {
    const { browser, theme } = await start(new FakeBrowser(false));
    vi.runAllTimers();
    theme.choose("dark");
    expect(browser.classes).toContain("theme-changing");
    vi.runAllTimers();
    expect(browser.classes).not.toContain("theme-changing");
  });
});
