// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { expect, test } from "vitest";
import { useFragmentToken } from "../../src/hooks/useFragmentToken";
import "../fakes/rendering";

function openedAt(address: string) {
  history.replaceState({ kept: true }, "", address);
  return renderHook(useFragmentToken, { wrapper: StrictMode });
}

test("the token of a mailed link is taken out of the address, and kept as long as it is needed", () => {
  const before = history.length;
  const { result, rerender } = openedAt("/verify?lang=de#token=abc-1");
  expect(location.href).toMatch(/\/verify\?lang=de$/);
  expect(history.length).toBe(before);
  expect(history.state).toEqual({ kept: true });
  rerender();
  expect(result.current).toBe("abc-1");
});

test("whatever else stands there is no token, and goes too", () => {
  expect(openedAt("/verify#other=abc").result.current).toBeNull();
  expect(location.hash).toBe("");
});

test("an address without one is left alone", () => {
  expect(openedAt("/verify").result.current).toBeNull();
  expect(location.pathname).toBe("/verify");
});
