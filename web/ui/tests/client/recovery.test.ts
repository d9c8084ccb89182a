import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MediaRecovery } from "../../src/client/recovery";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const done: string[] = [];
  let possible = true;
  const steps = {
    possible: () => possible,
    restartIce: () => void done.push("restart"),
    reconnect: () => void done.push("reconnect"),
    blocked: vi.fn<(blocked: boolean) => void>(),
  };
  const recovery = new MediaRecovery(steps);
  return { recovery, steps, done, allow: (allowed: boolean) => void (possible = allowed) };
}

test("restarts ICE twice, then makes new connections and restarts in turn, ever more slowly", () => {
  const { recovery, done } = setUp();
  recovery.broken();
  expect(done).toEqual(["restart"]);
  vi.advanceTimersByTime(2500);
  expect(done).toEqual(["restart", "restart"]);
  vi.advanceTimersByTime(3500 + 5000 + 8000);
  expect(done).toEqual(["restart", "restart", "reconnect", "restart", "reconnect"]);
  vi.advanceTimersByTime(10 * 60_000);
  expect(done.length).toBeLessThan(5 + 22);
});

test("begins with short waits again only after media has flowed", () => {
  const { recovery, done } = setUp();
  recovery.broken();
  vi.advanceTimersByTime(60_000);
  const before = done.length;
  recovery.broken();
  vi.advanceTimersByTime(10_000);
  expect(done.length - before).toBe(1);
  recovery.flowing();
  vi.advanceTimersByTime(60_000);
  expect(done.length - before).toBe(1);
  recovery.broken();
  vi.advanceTimersByTime(2500);
  expect(done.slice(-2)).toEqual(["restart", "restart"]);
});

test("takes hints in one moment for one", () => {
  const { recovery, done } = setUp();
  recovery.broken();
  vi.advanceTimersByTime(900);
  recovery.broken();
  expect(done).toHaveLength(1);
  vi.advanceTimersByTime(100);
  recovery.broken();
  expect(done).toHaveLength(2);
});

test("makes a new connection at once where only that helps, and not over and over", () => {
  const { recovery, done } = setUp();
  recovery.ended();
  expect(done).toEqual(["reconnect"]);
  for (let times = 0; times < 10; times++) recovery.ended();
  expect(done).toEqual(["reconnect"]);
  vi.advanceTimersByTime(5000);
  expect(done).toEqual(["reconnect", "reconnect"]);
});

test("does nothing without signaling, and forgets what it had asked for", () => {
  const { recovery, done, allow } = setUp();
  allow(false);
  recovery.broken();
  recovery.ended();
  recovery.retry();
  vi.advanceTimersByTime(60_000);
  expect(done).toEqual([]);
  allow(true);
  recovery.broken();
  recovery.pause();
  vi.advanceTimersByTime(60_000);
  expect(done).toEqual(["restart"]);
  recovery.broken();
  recovery.pause();
  recovery.broken();
  expect(done).toEqual(["restart", "restart", "reconnect"]);
});

test("says after seven seconds that nothing gets through, and when it does again", () => {
  const { recovery, steps } = setUp();
  recovery.expectMedia();
  vi.advanceTimersByTime(6999);
  expect(steps.blocked).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(steps.blocked).toHaveBeenLastCalledWith(true);
  recovery.flowing();
  expect(steps.blocked).toHaveBeenLastCalledWith(false);
});

test("leaves alone what flows in time", () => {
  const { recovery, done } = setUp();
  recovery.expectMedia();
  vi.advanceTimersByTime(3900);
  recovery.flowing();
  vi.advanceTimersByTime(60_000);
  expect(done).toEqual([]);
});

test("somebody who asks gets a new connection at once", () => {
  const { recovery, done } = setUp();
  recovery.expectMedia();
  recovery.retry();
  expect(done).toEqual(["reconnect"]);
});
