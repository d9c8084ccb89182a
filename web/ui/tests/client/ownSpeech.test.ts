import { expect, test } from "vitest";
import { OwnSpeech } from "../../src/client/ownSpeech";

test("a voice is heard at once, and holds between words", () => {
  const speech = new OwnSpeech();
  expect(speech.hear(0.2, 0)).toBe(false);
  expect(speech.hear(0.6, 60)).toBe(true);
  expect(speech.hear(0.1, 500)).toBe(true);
  expect(speech.hear(0.7, 600)).toBe(true);
  expect(speech.hear(0, 1100)).toBe(true);
  expect(speech.hear(0, 1250)).toBe(false);
});

test("the noise of a room is nobody's voice", () => {
  const speech = new OwnSpeech();
  for (let now = 0; now < 10_000; now += 60) expect(speech.hear(0.3, now)).toBe(false);
});
