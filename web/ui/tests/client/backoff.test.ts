import { expect, test } from "vitest";
import { backoffDelay } from "../../src/client/backoff";

test.each([
  [0, 0, 100],
  [1, 0, 200],
  [4, 0, 1600],
  [5, 0, 3000],
  [1000, 0, 3000],
  [0, 1, 133],
  [6, 0.5, 3500],
])("attempt %i with random %f waits %i ms", (attempt, random, delay) => {
  expect(backoffDelay(attempt, () => random)).toBe(delay);
});
