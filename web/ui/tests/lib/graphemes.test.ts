import { afterEach, describe, expect, test, vi } from "vitest";
import { firstGrapheme, graphemes } from "../../src/lib/graphemes";

afterEach(() => {
  vi.unstubAllGlobals();
});

const CASES: [string, string[]][] = [
  ["", []],
  ["ab", ["a", "b"]],
  ["e\u0301a", ["e\u0301", "a"]],
  ["👩🏽‍🚀!", ["👩🏽‍🚀", "!"]],
  ["👨‍👩‍👧‍👦👍🏽", ["👨‍👩‍👧‍👦", "👍🏽"]],
  ["🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]],
  ["1️⃣❤️", ["1️⃣", "❤️"]],
  ["🏴󠁧󠁢󠁳󠁣󠁴󠁿x", ["🏴󠁧󠁢󠁳󠁣󠁴󠁿", "x"]],
];

describe.each([
  ["with Intl.Segmenter", false],
  ["in a browser without it", true],
])("%s", (_, without) => {
  test.each(CASES)("%j is cut into its characters", (text, expected) => {
    if (without) vi.stubGlobal("Intl", {});
    expect(graphemes(text)).toEqual(expected);
    expect(firstGrapheme(text)).toBe(expected[0] ?? "");
  });
});
