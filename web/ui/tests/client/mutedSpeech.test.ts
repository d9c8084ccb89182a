import { describe, expect, test } from "vitest";
import { MutedSpeech } from "../../src/client/mutedSpeech";

const STEP = 60;

/** Hears each level for its time; when, in milliseconds from the muting, it was told. */
function told(...parts: [level: number, lasts: number][]): number[] {
  const speech = new MutedSpeech(0);
  const times: number[] = [];
  let now = 0;
  for (const [level, lasts] of parts) {
    for (const end = now + lasts; now < end;) {
      now += STEP;
      if (speech.hear(level, now)) times.push(now);
    }
  }
  return times;
}

describe("who talks while muted", () => {
  test("is told after most of a second", () => {
    const [first, ...others] = told([0, 5000], [0.7, 3000]);
    expect(first).toBeGreaterThan(5600);
    expect(first).toBeLessThan(6000);
    expect(others).toEqual([]);
  });

  test("may finish the sentence in which the microphone was muted", () => {
    expect(told([0.7, 1900], [0, 5000])).toEqual([]);
  });

  test("is told again only after half a minute", () => {
    const [first = 0, second = 0, ...others] = told([0.7, 40_000]);
    expect(second - first).toBeGreaterThan(30_000);
    expect(others).toEqual([]);
  });

  test("also makes pauses between words", () => {
    const words = Array.from({ length: 8 }, (): [number, number][] => [
      [0.7, 300],
      [0.1, 240],
    ]).flat();
    expect(told([0, 3000], ...words)).toHaveLength(1);
  });
});

describe("nothing is told", () => {
  test.each<[string, [number, number][]]>([
    ["of a quiet room", [[0.3, 20_000]]],
    [
      "of a cough",
      [
        [0, 5000],
        [0.9, 500],
        [0, 2000],
      ],
    ],
    [
      "of keys that are pressed now and then",
      Array.from({ length: 20 }, (): [number, number][] => [
        [0.8, 60],
        [0.1, 300],
      ]).flat(),
    ],
  ])("%s", (_, parts) => {
    expect(told(...parts)).toEqual([]);
  });

  test("of a time in which nobody looked", () => {
    const speech = new MutedSpeech(0);
    expect(speech.hear(0.9, 3000)).toBe(false);
    expect(speech.hear(0.9, 10_000)).toBe(false);
  });
});
