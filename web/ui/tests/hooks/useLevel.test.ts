// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { useLevel } from "../../src/hooks/useLevel";
import { FakeAudio } from "../fakes/FakeAudio";
import { FakeTrack } from "../fakes/FakeDevices";
import "../fakes/rendering";

const [FIRST, SECOND] = ["mic 1", "mic 2"].map((id) => new FakeTrack("audio", id) as unknown as MediaStreamTrack);

let audio: FakeAudio;
beforeEach(() => {
  vi.useFakeTimers();
  audio = new FakeAudio();
  audio.amplitude = 1;
  audio.install();
});

function setUp(track: MediaStreamTrack | null | undefined) {
  const show = vi.fn();
  const { rerender, unmount } = renderHook((now) => useLevel(now ?? null, show), { initialProps: track });
  return { show, rerender, unmount };
}

test("another microphone is listened to in place of the one before", () => {
  const { rerender } = setUp(FIRST);
  rerender(SECOND);
  expect(audio.heard).toEqual([FIRST, SECOND]);
  expect(audio.contexts.map(({ closings }) => closings)).toEqual([1, 0]);
});

test("a microphone that is no more leaves nothing to see", () => {
  const { show, rerender } = setUp(FIRST);
  vi.advanceTimersByTime(1000);
  expect(show).toHaveBeenLastCalledWith(expect.closeTo(1));
  rerender(null);
  expect(show).toHaveBeenLastCalledWith(0);
  show.mockClear();
  vi.advanceTimersByTime(1000);
  expect(show).not.toHaveBeenCalled();
});

test("without a microphone, and after the end, nobody listens", () => {
  const { rerender, unmount } = setUp(null);
  expect(audio.contexts).toHaveLength(0);
  rerender(FIRST);
  unmount();
  expect(audio.latest.closings).toBe(1);
});
