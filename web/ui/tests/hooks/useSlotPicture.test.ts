// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { usePauseReason, useSlotPicture } from "../../src/hooks/useSlotPicture";
import { callParts } from "../fakes/FakeCall";
import "../fakes/rendering";

const [FIRST, SECOND] = [{ id: "first" } as MediaStreamTrack, { id: "second" } as MediaStreamTrack];

beforeEach(() => {
  vi.useFakeTimers();
});

function setUp(publication: string | null) {
  const { call, wrapper } = callParts();
  call.update({ videoTracks: { "4": FIRST, "5": SECOND } });
  let drawn = 0;
  const { result, rerender } = renderHook(
    (wanted) => {
      drawn++;
      return useSlotPicture(wanted);
    },
    { wrapper, initialProps: publication },
  );
  return {
    picture: () => result.current,
    drawn: () => drawn,
    rerender,
    slot: (slot: string, shows: string | null, paused = false) =>
      act(() => call.event({ type: "slot", slot, publication: shows, paused })),
    call,
  };
}

test("a publication is found in whichever slot the server puts it", () => {
  const { picture, slot } = setUp("a.camera");
  expect(picture()).toBeNull();
  slot("5", "a.camera");
  expect(picture()).toMatchObject({ track: SECOND, paused: false });
  slot("5", null);
  expect(picture()).toBeNull();
  slot("4", "a.camera");
  expect(picture()?.track).toBe(FIRST);
});

test("when it began tells one slot's pictures from the pictures of whom it showed before", () => {
  const { picture, slot } = setUp("a.camera");
  slot("4", "a.camera");
  const since = picture()?.since ?? NaN;
  vi.advanceTimersByTime(10);
  slot("4", "a.camera", true);
  expect(picture()).toEqual({ track: FIRST, since, paused: true });
  slot("4", "b.camera");
  vi.advanceTimersByTime(10);
  slot("4", "a.camera");
  expect(picture()?.since).toBeGreaterThan(since);
});

test("another publication is found at once, and none where none is wanted", () => {
  const { picture, slot, rerender } = setUp("a.camera");
  slot("4", "a.camera");
  slot("5", "b.camera");
  rerender("b.camera");
  expect(picture()?.track).toBe(SECOND);
  rerender(null);
  expect(picture()).toBeNull();
});

test("a slot that has no track yet shows nothing", () => {
  const { picture, slot } = setUp("a.camera");
  slot("9", "a.camera");
  expect(picture()).toMatchObject({ track: null });
});

test("what happens in other slots, or in the chat, draws nothing anew", () => {
  const { slot, drawn, call } = setUp("a.camera");
  slot("4", "a.camera");
  const before = drawn();
  slot("5", "b.camera");
  slot("5", "b.camera", true);
  slot("4", "a.camera");
  act(() => call.event({ type: "speakers", participants: ["b"] }));
  expect(drawn()).toBe(before);
});

test("a picture that is paused says why", () => {
  const { call, wrapper } = callParts();
  const { result } = renderHook(() => usePauseReason("a.camera"), { wrapper });
  const tell = (why: "waiting" | "codec" | "bandwidth" | null): void =>
    act(() => call.event({ type: "slot", slot: "4", publication: "a.camera", paused: why !== null, why }));
  expect(result.current).toBeNull();
  for (const why of ["waiting", "codec", "bandwidth", null] as const) {
    tell(why);
    expect(result.current).toBe(why);
  }
});
