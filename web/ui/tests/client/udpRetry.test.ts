import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RETRY_MS, UdpRetry } from "../../src/client/udpRetry";

let restarts = 0;
let overTcp = true;
let possible = true;
const retry = new UdpRetry({
  possible: () => possible,
  overTcp: () => Promise.resolve(overTcp),
  restartIce: () => restarts++,
});

beforeEach(() => {
  vi.useFakeTimers();
  [restarts, overTcp, possible] = [0, true, true];
  retry.start();
});

afterEach(() => {
  retry.stop();
  vi.useRealTimers();
});

it("restarts ICE each minute while media goes over TCP", async () => {
  await vi.advanceTimersByTimeAsync(RETRY_MS - 1);
  expect(restarts).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(restarts).toBe(1);
  await vi.advanceTimersByTimeAsync(2 * RETRY_MS);
  expect(restarts).toBe(3);
});

it("leaves UDP alone", async () => {
  overTcp = false;
  await vi.advanceTimersByTimeAsync(3 * RETRY_MS);
  expect(restarts).toBe(0);
});

it("waits while nothing can be offered, and when media has stopped meanwhile", async () => {
  possible = false;
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(restarts).toBe(0);
  possible = true;
  const looking = retry.look();
  possible = false;
  await looking;
  expect(restarts).toBe(0);
});

it("ends with the call, and starting it again doesn't double it", async () => {
  retry.start();
  await vi.advanceTimersByTimeAsync(RETRY_MS);
  expect(restarts).toBe(1);
  retry.stop();
  await vi.advanceTimersByTimeAsync(2 * RETRY_MS);
  expect(restarts).toBe(1);
});
