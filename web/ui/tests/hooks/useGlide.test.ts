// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { useGlide } from "../../src/hooks/useGlide";
import { FakeMediaQueries, LESS_MOTION } from "../fakes/FakeMediaQuery";
import "../fakes/rendering";

let queries: FakeMediaQueries;
beforeEach(() => {
  queries = new FakeMediaQueries();
  queries.install();
});

const RECT = { left: 10, top: 20, width: 200, height: 100 };

function setUp(rect = RECT) {
  const animate = vi.fn<(frames: Keyframe[], options: KeyframeAnimationOptions) => void>();
  const ref = { current: { animate } as unknown as HTMLElement };
  const { rerender } = renderHook((now) => useGlide(ref, now), { initialProps: rect });
  return { animate, rerender };
}

test("an element glides from where it was, as large as it was, to where it is", () => {
  const { animate, rerender } = setUp();
  rerender({ left: 110, top: 0, width: 100, height: 50 });
  expect(animate).toHaveBeenCalledOnce();
  expect(animate.mock.calls[0]?.[0]).toEqual([
    { transform: "translate(10px, 20px) scale(2, 2)" },
    { transform: "translate(110px, 0px) scale(1, 1)" },
  ]);
});

test("each glide begins where the one before was to end", () => {
  const { animate, rerender } = setUp();
  rerender({ ...RECT, left: 50 });
  rerender({ ...RECT, left: 90 });
  expect(animate.mock.calls[1]?.[0][0]).toEqual({ transform: "translate(50px, 20px) scale(1, 1)" });
});

describe("nothing glides", () => {
  test("that has just come, or stays", () => {
    const { animate, rerender } = setUp();
    rerender({ ...RECT });
    expect(animate).not.toHaveBeenCalled();
  });

  test("from or to no size at all: nobody knows how large to begin", () => {
    const { animate, rerender } = setUp({ ...RECT, width: 0 });
    rerender(RECT);
    rerender({ ...RECT, height: 0 });
    rerender(RECT);
    expect(animate).not.toHaveBeenCalled();
  });

  test("for who wants less motion, and after that only the way from there", () => {
    const { animate, rerender } = setUp();
    queries.turn(LESS_MOTION, true);
    rerender({ ...RECT, left: 50 });
    expect(animate).not.toHaveBeenCalled();
    queries.turn(LESS_MOTION, false);
    rerender({ ...RECT, left: 90 });
    expect(animate.mock.calls[0]?.[0][0]).toEqual({ transform: "translate(50px, 20px) scale(1, 1)" });
  });
});
