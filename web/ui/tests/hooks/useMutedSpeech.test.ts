// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { useMutedSpeech } from "../../src/hooks/useMutedSpeech";
import { startTexts } from "../../src/i18n/i18n";
import { notices } from "../../src/notices/notices";
import { FakeAudio } from "../fakes/FakeAudio";
import { callParts } from "../fakes/FakeCall";
import { FakeTrack } from "../fakes/FakeDevices";
import { pass, told } from "../fakes/rendering";

beforeAll(() => startTexts("en"));

let audio: FakeAudio;
beforeEach(() => {
  vi.useFakeTimers();
  audio = new FakeAudio();
  audio.install();
});

/** Somebody whose microphone is open, and muted or not. */
function setUp({ on = false } = {}) {
  const { call, media, parts, wrapper } = callParts();
  const track = new FakeTrack("audio", "mic 1");
  track.enabled = on;
  media.change("microphone", { on, track: track as unknown as MediaStreamTrack });
  const { unmount } = renderHook(() => useMutedSpeech(parts), { wrapper });
  const turn = (change: Parameters<typeof media.change>[1]) => act(() => media.change("microphone", change));
  return { call, media, track, turn, unmount };
}

async function talk(milliseconds = 5000): Promise<void> {
  audio.amplitude = 0.5;
  await pass(milliseconds);
  audio.amplitude = 0;
}

test("who talks while muted is told, and can unmute from there", async () => {
  const { media } = setUp();
  await talk();
  expect(told()).toHaveLength(1);
  notices.getSnapshot()[0]?.action?.run();
  expect(media.setMicrophone).toHaveBeenCalledExactlyOnceWith(true);
});

test("the muted track stays silent: it is its twin that is heard, and only here", () => {
  const { track } = setUp();
  expect(audio.heard).toEqual(track.clones);
  expect(track.clones[0]?.enabled).toBe(true);
  expect(track.enabled).toBe(false);
});

test("unmuting takes the notice back and stops listening", async () => {
  const { track, turn } = setUp();
  await talk();
  turn({ on: true });
  expect(told()).toEqual([]);
  expect(track.clones[0]?.readyState).toBe("ended");
  expect(track.readyState).toBe("live");
  expect(audio.latest.closings).toBe(1);
  await talk(60_000);
  expect(told()).toEqual([]);
});

test("nobody listens to a microphone that is on, is not open, or may not be used in this room", async () => {
  const { call, turn } = setUp({ on: true });
  turn({ on: false, track: null });
  act(() => call.update({ rights: { publish: false, chat: true, moderate: false } }));
  turn({ track: new FakeTrack("audio", "mic 1") as unknown as MediaStreamTrack });
  await talk();
  expect(audio.contexts).toHaveLength(0);
  expect(told()).toEqual([]);
});

test("another microphone is listened to in place of the one before", async () => {
  const { track, turn } = setUp();
  const next = new FakeTrack("audio", "mic 2");
  turn({ track: next as unknown as MediaStreamTrack });
  expect(track.clones[0]?.readyState).toBe("ended");
  expect(audio.heard).toEqual([...track.clones, ...next.clones]);
  await talk();
  expect(told()).toHaveLength(1);
});

test("after the call nothing listens and nothing is told", async () => {
  const { track, unmount } = setUp();
  await talk();
  unmount();
  expect(told()).toEqual([]);
  expect(track.clones.map(({ readyState }) => readyState)).toEqual(["ended"]);
  await talk(60_000);
  expect(told()).toEqual([]);
});
