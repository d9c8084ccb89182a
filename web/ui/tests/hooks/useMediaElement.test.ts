// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { useTrack } from "../../src/hooks/useMediaElement";
import { FakeStream } from "../fakes/FakeAudio";
import "../fakes/rendering";

const [ADA, BEN] = [{ id: "ada" } as MediaStreamTrack, { id: "ben" } as MediaStreamTrack];

beforeEach(() => {
  vi.stubGlobal("MediaStream", FakeStream);
});

function setUp(track: MediaStreamTrack | null, failure: string | null = null) {
  const play = vi.fn(() => (failure === null ? Promise.resolve() : Promise.reject(new DOMException("no", failure))));
  const element = { srcObject: null as MediaProvider | null, play };
  const ref = { current: element as unknown as HTMLMediaElement };
  const refused = vi.fn();
  const { rerender, unmount } = renderHook((now) => useTrack(ref, now, refused), { initialProps: track });
  const playing = () => (element.srcObject as FakeStream | null)?.getTracks() ?? null;
  return { play, playing, element, refused, rerender, unmount };
}

test("a track plays, and another in its place", () => {
  const { play, playing, rerender } = setUp(ADA);
  expect(playing()).toEqual([ADA]);
  rerender(BEN);
  expect(playing()).toEqual([BEN]);
  expect(play).toHaveBeenCalledTimes(2);
});

test("the same track plays on, however often the page is drawn", () => {
  const { play, element, rerender } = setUp(ADA);
  const stream = element.srcObject;
  rerender(ADA);
  expect(element.srcObject).toBe(stream);
  expect(play).toHaveBeenCalledOnce();
});

test("without a track, and after the end, nothing is held any more", () => {
  const { playing, rerender, unmount } = setUp(ADA);
  rerender(null);
  expect(playing()).toBeNull();
  rerender(BEN);
  unmount();
  expect(playing()).toBeNull();
});

test("a browser that wants a click first is told of", async () => {
  const { refused } = setUp(ADA, "NotAllowedError");
  await act(() => Promise.resolve());
  expect(refused).toHaveBeenCalledOnce();
});

test("a track that was exchanged before it could play is no refusal", async () => {
  const { refused } = setUp(ADA, "AbortError");
  await act(() => Promise.resolve());
  expect(refused).not.toHaveBeenCalled();
});
