import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MediaRecovery } from "../../src/client/recovery";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp({ possible = true, connected = false } = {}) {
  const steps = {
    possible: () => possible,
    connected: () => connected,
    restartIce: vi.fn(),
    rejoin: vi.fn(),
  };
  return { recovery: new MediaRecovery(steps), steps };
}

test("restarts ICE twice, then joins anew, once, and goes on with ICE alone", () => {
  const { recovery, steps } = setUp();
  recovery.broken();
  expect(steps.restartIce).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(6000);
  expect(steps.restartIce).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(6000);
  expect(steps.rejoin).toHaveBeenCalledTimes(1);
  recovery.expectMedia();
  vi.advanceTimersByTime(60_000);
  expect(steps.rejoin).toHaveBeenCalledTimes(1);
  expect(steps.restartIce).toHaveBeenCalledTimes(12);
});

test("begins from the start after media has flowed", () => {
  const { recovery, steps } = setUp();
  recovery.broken();
  vi.advanceTimersByTime(6000);
  recovery.flowing();
  vi.advanceTimersByTime(60_000);
  recovery.broken();
  expect(steps.restartIce).toHaveBeenCalledTimes(3);
  expect(steps.rejoin).not.toHaveBeenCalled();
});

test("does nothing without signaling, and nothing once stopped", () => {
  const without = setUp({ possible: false });
  without.recovery.broken();
  vi.advanceTimersByTime(60_000);
  expect(without.steps.restartIce).not.toHaveBeenCalled();
  const stopped = setUp();
  stopped.recovery.broken();
  stopped.recovery.stop();
  vi.advanceTimersByTime(60_000);
  expect(stopped.steps.restartIce).toHaveBeenCalledTimes(1);
});

test("leaves alone what is connected in time", () => {
  const { recovery, steps } = setUp({ connected: true });
  recovery.expectMedia();
  vi.advanceTimersByTime(60_000);
  expect(steps.restartIce).not.toHaveBeenCalled();
});
