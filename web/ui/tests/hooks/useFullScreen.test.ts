// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { useFullScreen } from "../../src/hooks/useFullScreen";
import { give, watchListeners } from "../fakes/rendering";

let element: Element | null;

function change(now: Element | null): Promise<void> {
  element = now;
  document.dispatchEvent(new Event("fullscreenchange"));
  return Promise.resolve();
}

const enter = vi.fn(() => change(document.documentElement));
const leave = vi.fn(() => change(null));

beforeEach(() => {
  element = null;
  enter.mockClear();
  leave.mockClear();
  give(document, { fullscreenEnabled: true, exitFullscreen: leave });
  Object.defineProperty(document, "fullscreenElement", { get: () => element, configurable: true });
  give(document.documentElement, { requestFullscreen: enter });
});

test("the page fills the screen, and does not any more", () => {
  const { result } = renderHook(useFullScreen);
  expect(result.current?.full).toBe(false);
  act(() => result.current?.toggle());
  expect(result.current?.full).toBe(true);
  act(() => result.current?.toggle());
  expect(result.current?.full).toBe(false);
  expect([enter.mock.calls.length, leave.mock.calls.length]).toEqual([1, 1]);
});

test("who leaves it by the browser's own key is noticed", () => {
  const { result } = renderHook(useFullScreen);
  act(() => void change(document.body));
  expect(result.current?.full).toBe(true);
  act(() => void change(null));
  expect(result.current?.full).toBe(false);
});

test("a refusal leaves it as it is", async () => {
  // Not a spy: those look at every promise, so that none would be left unhandled.
  give(document.documentElement, { requestFullscreen: () => Promise.reject(new TypeError("no click")) });
  const { result } = renderHook(useFullScreen);
  await act(async () => {
    result.current?.toggle();
    await Promise.resolve();
  });
  expect(result.current?.full).toBe(false);
});

test("a browser that cannot offers nothing", () => {
  give(document, { fullscreenEnabled: false });
  expect(renderHook(useFullScreen).result.current).toBeNull();
});

test("nobody listens after the end", () => {
  const listeners = watchListeners(document);
  const { unmount } = renderHook(useFullScreen);
  expect(listeners()).toContain("fullscreenchange");
  unmount();
  expect(listeners()).not.toContain("fullscreenchange");
});
