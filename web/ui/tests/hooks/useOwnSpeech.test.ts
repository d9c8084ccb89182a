// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { fromWelcome } from "../../src/client/state";
import { useOwnSpeech } from "../../src/hooks/useOwnSpeech";
import { FakeAudio } from "../fakes/FakeAudio";
import { callParts } from "../fakes/FakeCall";
import { FakeTrack } from "../fakes/FakeDevices";
import { participant, welcome } from "../fakes/messages";
import { pass } from "../fakes/rendering";

let audio: FakeAudio;
beforeEach(() => {
  vi.useFakeTimers();
  audio = new FakeAudio();
  audio.install();
});

/** Somebody alone in a room. */
function setUp({ on = true } = {}) {
  const { call, media, parts, wrapper } = callParts();
  call.set(fromWelcome(welcome({ you: participant("me", "Me"), participants: [] })));
  const track = new FakeTrack("audio", "mic 1") as unknown as MediaStreamTrack;
  media.change("microphone", { on, track });
  const { unmount } = renderHook(() => useOwnSpeech(parts), { wrapper });
  return { call, media, track, unmount };
}

test("who speaks alone is shown as speaking", async () => {
  const { call, track } = setUp();
  expect(audio.heard).toEqual([track]);
  audio.amplitude = 0.5;
  await pass(200);
  expect(call.hearMyself).toHaveBeenLastCalledWith(true);
  audio.amplitude = 0;
  await pass(1000);
  expect(call.hearMyself).toHaveBeenLastCalledWith(false);
});

test("once somebody is there, nothing listens any more", async () => {
  const { call } = setUp();
  audio.amplitude = 0.5;
  await pass(200);
  act(() => call.event({ type: "participant.joined", participant: participant("a", "Ada") }));
  expect(call.hearMyself).toHaveBeenLastCalledWith(false);
  expect(audio.latest.closings).toBe(1);
  call.hearMyself.mockClear();
  await pass(1000);
  expect(call.hearMyself).not.toHaveBeenCalled();
});

test("nothing listens to a muted microphone, nor after the call", async () => {
  expect(setUp({ on: false }).call.hearMyself).not.toHaveBeenCalled();
  expect(audio.contexts).toHaveLength(0);
  const { unmount } = setUp();
  unmount();
  expect(audio.latest.closings).toBe(1);
  await pass(1000);
});
