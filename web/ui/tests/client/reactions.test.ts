import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { EventListener } from "../../src/client/call";
import { PassingReactions } from "../../src/client/reactions";
import { IDLE } from "../../src/client/state";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const listeners = new Set<EventListener>();
  const reactions = new PassingReactions();
  const stop = reactions.follow({
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
  const react = (emoji: string): void => {
    for (const listener of listeners) listener({ type: "reaction", participant: "a", emoji }, IDLE);
  };
  return { reactions, react, stop, listeners };
}

test("reactions are shown for some seconds each", () => {
  const { reactions, react } = setUp();
  react("x");
  vi.advanceTimersByTime(2000);
  react("y");
  expect(reactions.getSnapshot().map(({ emoji }) => emoji)).toEqual(["x", "y"]);
  vi.advanceTimersByTime(3000);
  expect(reactions.getSnapshot().map(({ emoji }) => emoji)).toEqual(["y"]);
  vi.advanceTimersByTime(3000);
  expect(reactions.getSnapshot()).toEqual([]);
});

test("a flood of them is cut short, and nothing of it is left behind", () => {
  const { reactions, react, stop, listeners } = setUp();
  for (let count = 0; count < 1000; count++) react("x");
  expect(reactions.getSnapshot()).toHaveLength(40);
  stop();
  expect(reactions.getSnapshot()).toEqual([]);
  expect(listeners.size).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
