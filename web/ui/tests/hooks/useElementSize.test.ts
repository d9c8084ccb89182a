// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { useElementSize } from "../../src/hooks/useElementSize";
import { give } from "../fakes/rendering";

/** Observers that have not been disconnected, by what they observe. */
const observed = new Map<Element, () => void>();

beforeEach(() => {
  observed.clear();
  class FakeObserver {
    private element: Element | null = null;

    constructor(private readonly changed: () => void) {}

    observe(element: Element): void {
      this.element = element;
      observed.set(element, this.changed);
    }

    disconnect(): void {
      if (this.element !== null) observed.delete(this.element);
    }
  }
  vi.stubGlobal("ResizeObserver", FakeObserver);
});

test("the size is known from the first drawing on, and follows the element", () => {
  const ref = { current: document.createElement("div") };
  give(ref.current, { clientWidth: 300, clientHeight: 200 });
  const sizes: number[] = [];
  renderHook(() => {
    sizes.push(useElementSize(ref).width);
  });
  expect(sizes).toEqual([0, 300]);
  give(ref.current, { clientWidth: 150, clientHeight: 100 });
  act(() => observed.get(ref.current)?.());
  expect(sizes).toEqual([0, 300, 150]);
});

test("what is not there has no size", () => {
  const ref = { current: null };
  expect(renderHook(() => useElementSize(ref)).result.current).toEqual({ width: 0, height: 0 });
});

test("nothing is observed after the end", () => {
  const ref = { current: document.createElement("div") };
  const { unmount } = renderHook(() => useElementSize(ref));
  expect(observed.size).toBe(1);
  unmount();
  expect(observed.size).toBe(0);
});
