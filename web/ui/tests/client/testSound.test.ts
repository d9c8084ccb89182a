import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { playTestSound } from "../../src/client/testSound";
import { FakeAudio } from "../fakes/FakeAudio";

let audio: FakeAudio;
beforeEach(() => {
  vi.useFakeTimers();
  audio = new FakeAudio();
  audio.install();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("two notes are played on the chosen speaker, and then it is over", async () => {
  const ended = vi.fn();
  playTestSound("loud", ended);
  expect(audio.latest.sinks).toEqual(["loud"]);
  expect(audio.latest.notes).toHaveLength(2);
  const lastEnd = Math.max(...audio.latest.notes.map(({ stop }) => stop));
  await vi.advanceTimersByTimeAsync(lastEnd * 1000);
  expect(audio.latest.closings).toBe(0);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1000);
  expect(audio.latest.closings).toBe(1);
  expect(ended).toHaveBeenCalledOnce();
});

test("without a choice it comes out where sound does anyway", () => {
  playTestSound(null, vi.fn());
  expect(audio.latest.sinks).toEqual([]);
});

test("a speaker that is gone does not keep it from being heard", async () => {
  audio.refusesSinks = true;
  const ended = vi.fn();
  playTestSound("gone", ended);
  await vi.advanceTimersByTimeAsync(5000);
  expect(ended).toHaveBeenCalledOnce();
});

test("stopped early it is silent at once, and nothing ends later", async () => {
  const ended = vi.fn();
  const stop = playTestSound(null, ended);
  stop();
  expect(audio.latest.closings).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(ended).not.toHaveBeenCalled();
  expect(audio.latest.closings).toBe(1);
});

test("who stops it just as it ends closes nothing twice", async () => {
  const stop = playTestSound(null, () => stop());
  await vi.advanceTimersByTimeAsync(5000);
  expect(audio.latest.closings).toBe(1);
});
