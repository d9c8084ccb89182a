import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { loudness, watchLevel } from "../../src/client/level";
import { FakeAudio } from "../fakes/FakeAudio";
import { FakeTrack } from "../fakes/FakeDevices";

const tone = (amplitude: number): Float32Array =>
  Float32Array.from({ length: 1024 }, (_, index) => amplitude * Math.sin((2 * Math.PI * index) / 32));

test.each([
  [0, 0],
  // A full tone has half the power of the loudest square.
  [1, 1 - 3.01 / 60],
  [0.1, 1 - 23.01 / 60],
  [0.001, 0],
])("a tone of amplitude %f is %f loud", (amplitude, level) => {
  expect(loudness(tone(amplitude))).toBeCloseTo(level, 3);
});

describe("a track that is watched", () => {
  const track = new FakeTrack("audio", "mic 1") as unknown as MediaStreamTrack;
  let audio: FakeAudio;
  let window: EventTarget;

  beforeEach(() => {
    vi.useFakeTimers();
    audio = new FakeAudio();
    audio.install();
    window = new EventTarget();
    vi.stubGlobal("window", window);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("is shown many times a second, as loud as it is at that moment", () => {
    const show = vi.fn();
    watchLevel(track, show);
    expect(audio.heard).toEqual([track]);
    audio.amplitude = 1;
    vi.advanceTimersByTime(60);
    audio.amplitude = 0;
    vi.advanceTimersByTime(60);
    expect(show.mock.calls).toEqual([[expect.closeTo(1)], [0]]);
    vi.advanceTimersByTime(1000);
    expect(show.mock.calls.length).toBeGreaterThan(10);
  });

  test("is heard from the first touch of the page on, in browsers that wait for one", () => {
    watchLevel(track, vi.fn());
    window.dispatchEvent(new Event("pointerdown"));
    window.dispatchEvent(new Event("keydown"));
    expect(audio.latest.resumed).toBe(2);
  });

  test("is let go of at the end", () => {
    const show = vi.fn();
    watchLevel(track, show)();
    vi.advanceTimersByTime(1000);
    window.dispatchEvent(new Event("pointerdown"));
    window.dispatchEvent(new Event("keydown"));
    expect(show).not.toHaveBeenCalled();
    expect(audio.latest).toMatchObject({ closings: 1, resumed: 0 });
  });
});
