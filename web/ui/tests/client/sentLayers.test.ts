import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SentLayers } from "../../src/client/sentLayers";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Held {
  done: () => void;
  fail: () => void;
}

function setUp(encodings: RTCRtpEncodingParameters[] = ["q", "h", "f"].map((rid) => ({ rid, maxBitrate: 500_000 }))) {
  const held: Held[] = [];
  let closed = false;
  const state = { encodings };
  const sender = {
    getParameters: () => ({ encodings: state.encodings.map((each) => ({ ...each })) }) as RTCRtpSendParameters,
    setParameters: vi.fn((parameters: RTCRtpSendParameters) => {
      return new Promise<void>((resolve, reject) => {
        const done = (): void => {
          state.encodings = parameters.encodings;
          resolve();
        };
        held.push({ done, fail: () => reject(new DOMException("busy", "InvalidStateError")) });
      });
    }),
  };
  const layers = new SentLayers(sender, () => closed);
  const active = (): (boolean | undefined)[] => state.encodings.map((each) => each.active);
  return { layers, sender, state, held, active, close: () => (closed = true) };
}

test("the others stop, and everything else stays as it was", async () => {
  const { layers, held, state } = setUp();
  const applied = layers.want(["q"]);
  held[0]?.done();
  await applied;
  expect(state.encodings).toEqual([
    { rid: "q", maxBitrate: 500_000, active: true },
    { rid: "h", maxBitrate: 500_000, active: false },
    { rid: "f", maxBitrate: 500_000, active: false },
  ]);
});

test("a sender without simulcast has one encoding without a name", async () => {
  const { layers, held, active } = setUp([{ maxBitrate: 2_500_000 }]);
  const off = layers.want([]);
  held[0]?.done();
  await off;
  expect(active()).toEqual([false]);
  const on = layers.want([""]);
  held[1]?.done();
  await on;
  expect(active()).toEqual([true]);
});

test("what is so already is not set again", async () => {
  const { layers, sender } = setUp();
  await layers.want(["q", "h", "f"]);
  expect(sender.setParameters).not.toHaveBeenCalled();
});

describe("changes", () => {
  test("are made one after the other, and the last one holds", async () => {
    const { layers, sender, held, active } = setUp();
    const applied = layers.want([]);
    void layers.want(["q", "h"]);
    void layers.want(["q"]);
    expect(sender.setParameters).toHaveBeenCalledOnce();
    held[0]?.done();
    await vi.waitFor(() => expect(held).toHaveLength(2));
    held[1]?.done();
    await applied;
    expect(active()).toEqual([true, false, false]);
    expect(sender.setParameters).toHaveBeenCalledTimes(2);
  });

  test("that the browser refuses are tried again", async () => {
    const { layers, held, active } = setUp();
    const applied = layers.want(["q"]);
    held[0]?.fail();
    await vi.advanceTimersByTimeAsync(600);
    held[1]?.done();
    await applied;
    expect(active()).toEqual([true, false, false]);
  });

  test("that it never takes are given up, until others are wanted", async () => {
    const { layers, sender, held, active } = setUp();
    const applied = layers.want(["q"]);
    for (let tried = 1; tried <= 5; tried++) {
      expect(sender.setParameters).toHaveBeenCalledTimes(tried);
      held[tried - 1]?.fail();
      await vi.advanceTimersByTimeAsync(600);
    }
    await applied;
    expect(sender.setParameters).toHaveBeenCalledTimes(5);
    const again = layers.want(["q"]);
    held[5]?.done();
    await again;
    expect(active()).toEqual([true, false, false]);
  });

  test("are not made in a closed connection", async () => {
    const { layers, sender, close } = setUp();
    close();
    await layers.want(["q"]);
    expect(sender.setParameters).not.toHaveBeenCalled();
  });
});
