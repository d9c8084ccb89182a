import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";

const SOURCE = readFileSync(new URL("../../src/boot/boot.js", import.meta.url), "utf8");

interface World {
  stored?: Record<string, string>;
  dark?: boolean;
  language?: string;
  /** What a browser of today has, and an old one lacks. */
  missing?: "RTCPeerConnection" | "CSS" | "noModule" | "structuredClone" | "localStorage";
}

/** Runs the script in a browser that is made up; what it did to the document. */
function boot({ stored = {}, dark = false, language = "en-US", missing }: World) {
  const attributes: Record<string, string> = {};
  const texts = [
    { lang: "en", hidden: true },
    { lang: "de", hidden: true },
  ];
  const style: Record<string, string> = {};
  const box = {
    hidden: true,
    style,
    getElementsByTagName: () => texts,
    removeAttribute: () => {
      box.hidden = false;
    },
  };
  function Connection(): void {
    // Only its name is looked at.
  }
  Connection.prototype = { addTransceiver: () => undefined };
  const signal = Object.assign(() => undefined, { timeout: () => undefined });
  const window: Record<string, unknown> = {
    matchMedia: () => ({ matches: dark }),
    RTCPeerConnection: Connection,
    structuredClone: () => undefined,
    localStorage: { getItem: (key: string) => stored[key] ?? null },
  };
  const world: Record<string, unknown> = {
    window,
    document: {
      documentElement: { setAttribute: (name: string, value: string) => (attributes[name] = value) },
      createElement: () => (missing === "noModule" ? {} : { noModule: false }),
      getElementById: () => box,
      addEventListener: (_: string, listener: () => void) => listener(),
    },
    navigator: { language },
    Document: { prototype: { adoptedStyleSheets: [] } },
    AbortSignal: signal,
    ResizeObserver: () => undefined,
    CSS: { supports: () => true },
  };
  if (missing === "CSS") world.CSS = undefined;
  if (missing !== undefined) window[missing] = undefined;
  runInNewContext(SOURCE, world);
  return { attributes, shown: texts.filter((text) => !text.hidden).map((text) => text.lang), display: style.display };
}

describe("before anything is painted", () => {
  test.each([
    [{}, "light"],
    [{ dark: true }, "dark"],
    [{ dark: true, stored: { "milanio.theme": "light" } }, "light"],
    [{ stored: { "milanio.theme": "dark" } }, "dark"],
    [{ stored: { "milanio.theme": "purple" } }, "light"],
    [{ missing: "localStorage" } satisfies World, "light"],
  ])("%j has the theme %s", (world, expected) => {
    expect(boot(world).attributes["data-theme"]).toBe(expected);
  });

  test("a browser of today goes on", () => {
    const { attributes, shown } = boot({});
    expect(attributes["data-browser"]).toBeUndefined();
    expect(shown).toEqual([]);
  });

  test.each(["RTCPeerConnection", "CSS", "noModule", "structuredClone"] as const)(
    "one without %s is told so",
    (missing) => {
      const { attributes, shown, display } = boot({ missing });
      expect(attributes["data-browser"]).toBe("old");
      expect(shown).toEqual(["en"]);
      expect(display).toBe("block");
    },
  );

  test("in its language", () => {
    expect(boot({ missing: "noModule", language: "de-CH" }).shown).toEqual(["de"]);
    expect(boot({ missing: "noModule", language: "de", stored: { "milanio.language": "en" } }).shown).toEqual(["en"]);
  });

  test("is written so that the oldest can read it", () => {
    expect(SOURCE).not.toMatch(/=>|\b(?:const|let|class|import|export)\b|`|\?\.|\?\?/u);
  });
});
