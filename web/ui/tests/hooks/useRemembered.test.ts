// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { useRemembered } from "../../src/hooks/useRemembered";
import { give } from "../fakes/rendering";

beforeEach(() => localStorage.clear());

function setUp() {
  const { result } = renderHook(() => useRemembered("name", "nobody"));
  return { value: () => result.current[0], remember: (value: string) => act(() => result.current[1](value)) };
}

test("a text is there again on the next visit", () => {
  const { value, remember } = setUp();
  expect(value()).toBe("nobody");
  remember("Ada");
  expect(value()).toBe("Ada");
  expect(setUp().value()).toBe("Ada");
});

test("an empty text is one as well", () => {
  setUp().remember("");
  expect(setUp().value()).toBe("");
});

test("a browser that may remember nothing keeps it for this visit", () => {
  const refuse = (): never => {
    throw new DOMException("off", "SecurityError");
  };
  give(globalThis, { localStorage: { getItem: refuse, setItem: refuse } });
  const { value, remember } = setUp();
  expect(value()).toBe("nobody");
  remember("Ada");
  expect(value()).toBe("Ada");
});
