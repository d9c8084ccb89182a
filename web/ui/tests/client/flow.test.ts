import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MediaFlow, receivedBytes } from "../../src/client/flow";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** `perSecond`: bytes that arrive; null: not connected. */
function setUp(perSecond: number | null) {
  const net = { perSecond, total: 0 };
  const told: string[] = [];
  const handlers = {
    received: vi.fn(() => {
      net.total += (net.perSecond ?? 0) / 2;
      return Promise.resolve(net.perSecond === null ? null : net.total);
    }),
    flowing: () => void told.push("flowing"),
    silent: () => void told.push("silent"),
    woke: () => void told.push("woke"),
  };
  const flow = new MediaFlow(handlers);
  flow.restart();
  return { flow, net, told, handlers };
}

test("media that arrives is told once", async () => {
  const { flow, told } = setUp(10_000);
  expect(flow.flowing).toBe(false);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([told, flow.flowing, flow.silence]).toEqual([["flowing"], true, 0]);
});

test("a connection that doesn't stand has no media", async () => {
  const { net, told } = setUp(null);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([]);
  net.perSecond = 10_000;
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual(["flowing"]);
});

test("sound and pictures that stop are missed after 1.5 s", async () => {
  const { net, told } = setUp(10_000);
  await vi.advanceTimersByTimeAsync(5000);
  net.perSecond = 0;
  await vi.advanceTimersByTimeAsync(1499);
  expect(told).toEqual(["flowing"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual(["flowing", "silent"]);
  net.perSecond = 100;
  await vi.advanceTimersByTimeAsync(500);
  expect(told).toEqual(["flowing", "silent", "flowing"]);
});

test("where only reports come, one or two that are lost mean nothing", async () => {
  const { net, told } = setUp(300);
  await vi.advanceTimersByTimeAsync(5000);
  net.perSecond = 0;
  await vi.advanceTimersByTimeAsync(3000);
  expect(told).toEqual(["flowing"]);
  await vi.advanceTimersByTimeAsync(500);
  expect(told).toEqual(["flowing", "silent"]);
});

test("statistics that can't be had are passed over", async () => {
  const { handlers, told } = setUp(10_000);
  handlers.received.mockRejectedValueOnce(new Error("closed"));
  await vi.advanceTimersByTimeAsync(2000);
  expect(told).toEqual(["flowing"]);
});

test("nothing is told of a connection that was replaced or of the time after the end", async () => {
  const { flow, told, handlers } = setUp(10_000);
  await vi.advanceTimersByTimeAsync(2000);
  flow.restart();
  expect(flow.flowing).toBe(false);
  await vi.advanceTimersByTimeAsync(1500);
  flow.stop();
  const asked = handlers.received.mock.calls.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual(["flowing", "flowing"]);
  expect(handlers.received.mock.calls.length).toBe(asked);
});

test("timers that are held back are no silence, and after a sleep it is told", async () => {
  let now = 0;
  let total = 0;
  const told: string[] = [];
  const flow = new MediaFlow(
    {
      received: () => Promise.resolve(total),
      flowing: () => void told.push("flowing"),
      silent: () => void told.push("silent"),
      woke: () => void told.push("woke"),
    },
    () => now,
  );
  flow.restart();
  const tick = async (elapsed: number, bytes: number): Promise<void> => {
    now += elapsed;
    total += bytes;
    await vi.advanceTimersByTimeAsync(500);
  };
  await tick(500, 10_000);
  await tick(500, 10_000);
  await tick(4000, 0);
  expect([told, flow.silence]).toEqual([["flowing"], 1000]);
  await tick(300_000, 10_000);
  expect(told).toEqual(["flowing", "woke"]);
});

test("bytes are those of the transport, or of the pairs in browsers that have no such entry", () => {
  const pairs = [
    { type: "candidate-pair", bytesReceived: 5 },
    { type: "candidate-pair", bytesReceived: 7 },
    { type: "candidate-pair" },
  ];
  expect(receivedBytes([...pairs, { type: "transport", bytesReceived: 9 }])).toBe(9);
  expect(receivedBytes(pairs)).toBe(12);
  expect(receivedBytes([{ type: "codec" }])).toBeNull();
});
