// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import type { PointerEvent } from "react";
import { describe, expect, test, vi } from "vitest";
import { useSwipe } from "../../src/hooks/useSwipe";
import "../fakes/rendering";

function setUp() {
  const swiped = vi.fn();
  const { result, rerender } = renderHook(() => useSwipe(swiped));
  const at = (x: number, y: number, change = {}): PointerEvent =>
    ({ pointerType: "touch", isPrimary: true, pointerId: 1, clientX: x, clientY: y, ...change }) as PointerEvent;
  return {
    swiped,
    rerender,
    down: (x: number, y: number, change?: object) => result.current.onPointerDown(at(x, y, change)),
    up: (x: number, y: number, change?: object) => result.current.onPointerUp(at(x, y, change)),
    cancel: () => result.current.onPointerCancel(),
  };
}

test("a finger that goes to the left turns to the next page, to the right to the one before", () => {
  const { swiped, down, up } = setUp();
  down(200, 100);
  up(100, 110);
  down(100, 100);
  up(200, 90);
  expect(swiped.mock.calls).toEqual([[1], [-1]]);
});

test("it does so although the page was drawn anew on the way", () => {
  const { swiped, down, up, rerender } = setUp();
  down(200, 100);
  rerender();
  up(100, 100);
  expect(swiped).toHaveBeenCalledExactlyOnceWith(1);
});

describe("no swipe is", () => {
  test.each([
    ["a tap", 200, 100, 205, 101],
    ["a short way", 200, 100, 153, 100],
    ["scrolling", 200, 100, 140, 300],
    ["a way that is rather down than sideways", 200, 100, 140, 141],
  ])("%s", (_, fromX, fromY, toX, toY) => {
    const { swiped, down, up } = setUp();
    down(fromX, fromY);
    up(toX, toY);
    expect(swiped).not.toHaveBeenCalled();
  });

  test.each([[{ pointerType: "mouse" }], [{ pointerType: "pen" }], [{ isPrimary: false }]])("%o", (change) => {
    const { swiped, down, up } = setUp();
    down(200, 100, change);
    up(100, 100, change);
    expect(swiped).not.toHaveBeenCalled();
  });

  test("what the browser took over to scroll", () => {
    const { swiped, down, up, cancel } = setUp();
    down(200, 100);
    cancel();
    up(100, 100);
    expect(swiped).not.toHaveBeenCalled();
  });

  test("two fingers that make the page larger", () => {
    const { swiped, down, up } = setUp();
    down(200, 100);
    down(100, 100, { pointerId: 2, isPrimary: false });
    up(20, 100, { pointerId: 2, isPrimary: false });
    up(280, 100);
    expect(swiped).not.toHaveBeenCalled();
  });

  test("a finger that came down elsewhere", () => {
    const { swiped, down, up } = setUp();
    up(100, 100);
    down(200, 100);
    up(100, 100, { pointerId: 7 });
    expect(swiped).not.toHaveBeenCalled();
  });
});
