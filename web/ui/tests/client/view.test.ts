import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Wanted } from "../../src/client/slots";
import { View, type Watchable, wantedOf } from "../../src/client/view";

const unlimited = { mostVideos: null, mostHeight: null };
const camera = (id: string, priority = 10): Watchable => ({ publication: id, source: "camera", priority });
const screen = (id: string): Watchable => ({ publication: id, source: "screen", priority: 100 });
const heights = (entries: Record<string, number>): Map<string, number> => new Map(Object.entries(entries));
const shown = (wanted: readonly Wanted[]): Record<string, number> =>
  Object.fromEntries(wanted.map(({ publication, height }) => [publication, height]));

describe("what is wanted", () => {
  test("is what is in view, at its height; the rest is hidden", () => {
    const wanted = wantedOf([camera("a"), camera("b"), screen("s")], heights({ a: 200.4, s: 900 }), unlimited);
    expect(wanted.map(({ publication }) => publication)).toEqual(["s", "a", "b"]);
    expect(shown(wanted)).toEqual({ s: 900, a: 200, b: 0 });
  });

  test("is no larger than the limit, but for screens", () => {
    const wanted = wantedOf([camera("a"), screen("s")], heights({ a: 700, s: 900 }), { ...unlimited, mostHeight: 360 });
    expect(shown(wanted)).toEqual({ s: 900, a: 360 });
  });

  test("is no more than the limit: the important ones, then the large ones, and always screens", () => {
    const watchables = [camera("a"), camera("b"), camera("c", 50), screen("s")];
    const limits = { ...unlimited, mostVideos: 2 };
    expect(shown(wantedOf(watchables, heights({ a: 100, b: 300, c: 90, s: 500 }), limits))).toEqual({
      a: 0,
      b: 300,
      c: 90,
      s: 500,
    });
    const none = wantedOf(watchables, heights({ a: 100, s: 500 }), { ...unlimited, mostVideos: 0 });
    expect(shown(none)).toEqual({ a: 0, b: 0, c: 0, s: 500 });
  });
});

describe("the view", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function setUp() {
    const page = { hidden: vi.fn(() => false), scale: () => 2 };
    const watch = vi.fn<(wanted: Wanted[]) => void>();
    const view = new View(watch, page);
    const last = (): Record<string, number> => shown(watch.mock.lastCall?.[0] ?? []);
    return { view, page, watch, last };
  }

  test("asks for somebody new at once, in physical pixels, and once for all", async () => {
    const { view, watch, last } = setUp();
    view.setWatchables([camera("a"), camera("b")]);
    view.setHeights(heights({ a: 100, b: 150 }));
    await vi.advanceTimersByTimeAsync(0);
    expect(watch).toHaveBeenCalledOnce();
    expect(last()).toEqual({ a: 200, b: 300 });
  });

  test("waits a little with new sizes", async () => {
    const { view, watch, last } = setUp();
    view.setWatchables([camera("a")]);
    view.setHeights(heights({ a: 100 }));
    await vi.advanceTimersByTimeAsync(0);
    for (let height = 101; height < 120; height++) view.setHeights(heights({ a: height }));
    await vi.advanceTimersByTimeAsync(99);
    expect(watch).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(1);
    expect(watch).toHaveBeenCalledTimes(2);
    expect(last()).toEqual({ a: 238 });
  });

  test("wants nothing while the page is hidden, but for what is in a window of its own", async () => {
    const { view, page, last } = setUp();
    view.setWatchables([camera("a"), camera("b")]);
    view.setHeights(heights({ a: 100, b: 100 }));
    view.setElsewhere(heights({ b: 50 }));
    await vi.advanceTimersByTimeAsync(0);
    expect(last()).toEqual({ a: 200, b: 200 });
    page.hidden.mockReturnValue(true);
    view.flush();
    expect(last()).toEqual({ a: 0, b: 100 });
    page.hidden.mockReturnValue(false);
    view.flush();
    expect(last()).toEqual({ a: 200, b: 200 });
  });

  test("obeys new limits, and says nothing once stopped", async () => {
    const { view, watch, last } = setUp();
    view.setWatchables([camera("a")]);
    view.setHeights(heights({ a: 500 }));
    view.setLimits({ mostVideos: null, mostHeight: 180 });
    await vi.advanceTimersByTimeAsync(100);
    expect(last()).toEqual({ a: 180 });
    const calls = watch.mock.calls.length;
    view.setLimits({ mostVideos: null, mostHeight: null });
    view.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(watch).toHaveBeenCalledTimes(calls);
  });
});
