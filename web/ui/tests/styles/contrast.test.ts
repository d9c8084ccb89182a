import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AVATAR_COLOURS } from "../../src/components/names";

const CSS = readFileSync(new URL("../../src/styles/tokens.css", import.meta.url), "utf8");

/** The colours of a theme, by their names without the dashes. */
function colours(selector: string): Record<string, string> {
  const start = CSS.indexOf(`${selector} {`);
  const block = CSS.slice(start, CSS.indexOf("\n}", start));
  const found = [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/gu)];
  return Object.fromEntries(found.map(([, name = "", colour = ""]) => [name, colour]));
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const TEXT = 4.5;
const SHAPE = 3;

const PAIRS: readonly [string, readonly string[], number][] = [
  ["text", ["page", "surface", "raised", "accent-soft", "warm-soft", "danger-soft", "tile"], TEXT],
  ["quiet", ["page", "surface", "raised", "accent-soft", "warm-soft", "tile"], TEXT],
  ["accent", ["page", "surface", "raised", "accent-soft"], TEXT],
  ["warm", ["page", "surface", "warm-soft"], TEXT],
  ["danger", ["page", "surface", "raised", "danger-soft"], TEXT],
  ["warning", ["page", "surface", "raised", "warning-soft"], TEXT],
  ["success", ["page", "surface", "raised", "success-soft"], TEXT],
  ["on-accent", ["accent", "accent-strong"], TEXT],
  ["on-danger", ["danger", "danger-strong"], TEXT],
  ["edge", ["page", "surface", "raised"], SHAPE],
  ["speaking", ["page", "surface", "tile"], SHAPE],
];

describe.each([
  ["light", colours(":root")],
  ["dark", { ...colours(":root"), ...colours(':root[data-theme="dark"]') }],
])("in the %s theme", (_, theme) => {
  test.each(PAIRS)("%s can be told from %j", (name, grounds, least) => {
    for (const ground of grounds) {
      const [one, other] = [theme[name], theme[ground]];
      if (one === undefined || other === undefined) throw new Error(`${name} or ${ground} is missing`);
      expect(contrast(one, other), ground).toBeGreaterThanOrEqual(least);
    }
  });
});

test.each(AVATAR_COLOURS)("white letters can be read on %s", (colour) => {
  expect(contrast("#ffffff", colour)).toBeGreaterThanOrEqual(TEXT);
});
