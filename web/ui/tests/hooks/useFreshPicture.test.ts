// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { useFreshPicture } from "../../src/hooks/useFreshPicture";
import "../fakes/rendering";

/** A video element whose pictures the test sends. */
class FakeVideo {
  private next = 1;
  readonly waiting = new Map<number, VideoFrameRequestCallback>();

  requestVideoFrameCallback(callback: VideoFrameRequestCallback): number {
    this.waiting.set(this.next, callback);
    return this.next++;
  }

  cancelVideoFrameCallback(handle: number): void {
    this.waiting.delete(handle);
  }

  /** A picture is presented `now`, which arrived at `receiveTime` where that is known. */
  present(now: number, receiveTime?: number): void {
    const callbacks = [...this.waiting.values()];
    this.waiting.clear();
    act(() => {
      for (const callback of callbacks) callback(now, { receiveTime } as VideoFrameCallbackMetadata);
    });
  }
}

const ADA = { id: "ada" } as MediaStreamTrack;
const BEN = { id: "ben" } as MediaStreamTrack;

let video: FakeVideo;
beforeEach(() => {
  video = new FakeVideo();
});

function setUp(track: MediaStreamTrack | null, since: number) {
  const ref = { current: video as unknown as HTMLVideoElement };
  const drawn: boolean[] = [];
  const { result, rerender, unmount } = renderHook(
    (props) => {
      const fresh = useFreshPicture(ref, props.track, props.since);
      drawn.push(fresh);
      return fresh;
    },
    { initialProps: { track, since } },
  );
  return {
    fresh: () => result.current,
    /** Shows something else; whether the old picture was drawn with it, were it only for a moment. */
    show: (next: MediaStreamTrack | null, nextSince: number): boolean => {
      drawn.length = 0;
      rerender({ track: next, since: nextSince });
      return drawn.includes(true);
    },
    unmount,
  };
}

test("a picture is shown once one has arrived that is new enough", () => {
  const { fresh } = setUp(ADA, 100);
  expect(fresh()).toBe(false);
  video.present(120, 110);
  expect(fresh()).toBe(true);
});

test("where the browser does not know when it arrived, it counts when it is presented", () => {
  const { fresh } = setUp(ADA, 100);
  video.present(90);
  expect(fresh()).toBe(false);
  video.present(100);
  expect(fresh()).toBe(true);
});

describe("the picture of the person before", () => {
  test("that is presented late is not taken for that of the next", () => {
    const { fresh } = setUp(ADA, 100);
    video.present(130, 95);
    video.present(140, 99);
    expect(fresh()).toBe(false);
    video.present(150, 105);
    expect(fresh()).toBe(true);
  });

  test("is gone at the very rendering in which the slot is another's, although its track goes on", () => {
    const { fresh, show } = setUp(ADA, 100);
    video.present(120, 110);
    expect(show(ADA, 200)).toBe(false);
    video.present(210, 190);
    expect(fresh()).toBe(false);
    video.present(220, 205);
    expect(fresh()).toBe(true);
  });

  test("is gone with its track", () => {
    const { show } = setUp(ADA, 100);
    video.present(120, 110);
    expect(show(BEN, 100)).toBe(false);
  });

  test("does not come back with a track that was paused and goes on", () => {
    const { fresh, show } = setUp(ADA, 100);
    video.present(120, 110);
    expect(show(null, 100)).toBe(false);
    expect(show(ADA, 100)).toBe(false);
    video.present(300, 290);
    expect(fresh()).toBe(true);
  });
});

test("no picture is waited for without a track, once there was one, and after the end", () => {
  const { show, unmount } = setUp(null, 0);
  expect(video.waiting.size).toBe(0);
  show(ADA, 100);
  expect(video.waiting.size).toBe(1);
  video.present(90, 90);
  expect(video.waiting.size).toBe(1);
  video.present(120, 110);
  expect(video.waiting.size).toBe(0);
  show(ADA, 200);
  unmount();
  expect(video.waiting.size).toBe(0);
});

describe("in a browser that tells of no frames", () => {
  test("a picture is shown that came when all from before must be gone", () => {
    vi.useFakeTimers();
    const counting = { totalVideoFrames: 0 };
    const plain = { getVideoPlaybackQuality: () => counting };
    const since = performance.now();
    const ref = { current: plain as unknown as HTMLVideoElement };
    const { result } = renderHook(() => useFreshPicture(ref, ADA, since));
    const pass = (milliseconds: number, frames: number): void => {
      counting.totalVideoFrames += frames;
      act(() => void vi.advanceTimersByTime(milliseconds));
    };
    pass(300, 3);
    expect(result.current).toBe(false);
    pass(300, 3);
    expect(result.current).toBe(false);
    pass(50, 0);
    expect(result.current).toBe(false);
    pass(50, 1);
    expect(result.current).toBe(true);
  });
});
