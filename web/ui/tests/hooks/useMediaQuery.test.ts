// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { useMediaQuery } from "../../src/hooks/useMediaQuery";
import { FakeMediaQueries } from "../fakes/FakeMediaQuery";
import "../fakes/rendering";

const WIDE = "(min-width: 640px)";
const TALL = "(min-height: 640px)";

let queries: FakeMediaQueries;
beforeEach(() => {
  queries = new FakeMediaQueries();
  queries.install();
});

test("a turned phone is noticed", () => {
  queries.turn(WIDE, true);
  const { result } = renderHook(() => useMediaQuery(WIDE));
  expect(result.current).toBe(true);
  act(() => queries.turn(WIDE, false));
  expect(result.current).toBe(false);
});

test("another question is answered at once, and only that one from then on", () => {
  queries.turn(TALL, true);
  const { result, rerender } = renderHook((query: string) => useMediaQuery(query), {
    initialProps: WIDE,
  });
  rerender(TALL);
  expect(result.current).toBe(true);
  expect(queries.list(WIDE).listeners).toBe(0);
  act(() => queries.turn(TALL, false));
  expect(result.current).toBe(false);
});

test("nobody listens after the end", () => {
  const { unmount } = renderHook(() => useMediaQuery(WIDE));
  expect(queries.list(WIDE).listeners).toBe(1);
  unmount();
  expect(queries.list(WIDE).listeners).toBe(0);
});
