import { expect, test } from "vitest";
import { backoffDelay } from "../../src/client/backoff";

test.each([
  [0, 0, 100],
  [1, 0, 200],
  [5, 0, 3200],
  [6, 0, 5000],
  [1000, 0, 5000],
  [0, 1, 133],
  [6, 0.5, 5833],
])("attempt %i with random %f waits %i ms", (attempt, random, delay) => {
  expect(backoffDelay(attempt, () => random)).toBe(delay);
});
