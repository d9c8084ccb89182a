import { expect, test } from "vitest";
import { loudness } from "../../src/client/level";

const tone = (amplitude: number): Float32Array =>
  Float32Array.from({ length: 1024 }, (_, index) => amplitude * Math.sin((2 * Math.PI * index) / 32));

test.each([
  [0, 0],
  // A full tone has half the power of the loudest square.
  [1, 1 - 3.01 / 60],
  [0.1, 1 - 23.01 / 60],
  [0.001, 0],
])("a tone of amplitude %f is %f loud", (amplitude, level) => {
  expect(loudness(tone(amplitude))).toBeCloseTo(level, 3);
});
