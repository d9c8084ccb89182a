// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { beforeEach, expect, test } from "vitest";
import { usePersonalLink } from "../../src/hooks/usePersonalLink";
import { give } from "../fakes/rendering";

beforeEach(() => sessionStorage.clear());

function openedAt(address: string, code = "abcde-fghjk-mnpqr") {
  history.replaceState({ kept: true }, "", address);
  return renderHook(() => usePersonalLink(code), { wrapper: StrictMode });
}

test("the token is taken out of the address, and is there again after a reload", () => {
  const before = history.length;
  const { result, unmount } = openedAt("/r/abcde-fghjk-mnpqr?lang=de#link=a.b-1.c_2");
  expect(location.href).toMatch(/\/r\/abcde-fghjk-mnpqr\?lang=de$/);
  expect([history.length, history.state]).toEqual([before, { kept: true }]);
  expect(result.current.token).toBe("a.b-1.c_2");
  unmount();
  expect(openedAt("/r/abcde-fghjk-mnpqr").result.current.token).toBe("a.b-1.c_2");
});

test("it is good for its room, and stays with the tab", () => {
  openedAt("/r/abcde-fghjk-mnpqr#link=a.b.c");
  expect(openedAt("/r/zzzzz-zzzzz-zzzzz", "zzzzz-zzzzz-zzzzz").result.current.token).toBeNull();
  expect(localStorage).toHaveLength(0);
});

test("a link that was cut off is still one, so that somebody can be told", () => {
  expect(openedAt("/r/abcde-fghjk-mnpqr#link=").result.current.token).toBe("");
});

test("what else is behind the # stays: an invitation waits there until somebody logs in", () => {
  expect(openedAt("/r/abcde-fghjk-mnpqr#invite=abc").result.current.token).toBeNull();
  expect(location.hash).toBe("#invite=abc");
});

test("another link that is opened in the same tab takes its place", () => {
  const { result } = openedAt("/r/abcde-fghjk-mnpqr#link=a.b.c");
  act(() => {
    location.hash = "#link=d.e.f";
    window.dispatchEvent(new Event("hashchange"));
  });
  expect([result.current.token, location.hash]).toEqual(["d.e.f", ""]);
  expect(openedAt("/r/abcde-fghjk-mnpqr").result.current.token).toBe("d.e.f");
});

test("a dropped link is gone for good", () => {
  const { result } = openedAt("/r/abcde-fghjk-mnpqr#link=a.b.c");
  act(() => result.current.drop());
  expect(result.current.token).toBeNull();
  expect(openedAt("/r/abcde-fghjk-mnpqr").result.current.token).toBeNull();
});

test("where the browser may store nothing, it holds until the page goes", () => {
  give(globalThis, { sessionStorage: undefined });
  const { result, rerender } = openedAt("/r/abcde-fghjk-mnpqr#link=a.b.c");
  rerender();
  expect([result.current.token, location.hash]).toEqual(["a.b.c", ""]);
});
