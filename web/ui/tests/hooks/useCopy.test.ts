// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { useCopy } from "../../src/hooks/useCopy";
import { startTexts } from "../../src/i18n/i18n";
import { deferred, give, pass, settle, told } from "../fakes/rendering";

beforeAll(() => startTexts("en"));

let copied: string[];
beforeEach(() => {
  vi.useFakeTimers();
  copied = [];
  const writeText = (text: string): Promise<void> => {
    copied.push(text);
    return Promise.resolve();
  };
  give(navigator, { clipboard: { writeText } });
});

function setUp() {
  const { result, unmount } = renderHook(useCopy);
  return {
    copied: () => result.current.copied,
    copy: (text: string) => act(() => result.current.copy(text)),
    unmount,
  };
}

test("a text is copied, which is shown for a moment", async () => {
  const { copied: shown, copy } = setUp();
  copy("link");
  expect(shown()).toBe(false);
  await settle();
  expect(copied).toEqual(["link"]);
  expect(shown()).toBe(true);
  await pass(2500);
  expect(shown()).toBe(false);
});

test("the moment begins anew with the second time", async () => {
  const { copied: shown, copy } = setUp();
  copy("one");
  await pass(1500);
  copy("two");
  await pass(1500);
  expect(shown()).toBe(true);
  await pass(1000);
  expect(shown()).toBe(false);
});

test("a browser that does not allow it, or has no clipboard, is told of and nothing is shown as copied", async () => {
  const { copied: shown, copy } = setUp();
  give(navigator, { clipboard: { writeText: () => Promise.reject(new DOMException("no", "NotAllowedError")) } });
  copy("link");
  await settle();
  give(navigator, { clipboard: undefined });
  copy("link");
  await settle();
  expect(told()).toHaveLength(2);
  expect(told()[0]).toMatch(/copy it manually/);
  expect(shown()).toBe(false);
});

test("an answer after the end is of no interest", async () => {
  const answer = deferred<undefined>();
  give(navigator, { clipboard: { writeText: () => answer.promise } });
  const complaints = vi.spyOn(console, "error");
  const { copy, unmount } = setUp();
  copy("link");
  unmount();
  answer.resolve(undefined);
  await pass(5000);
  expect(complaints).not.toHaveBeenCalled();
});
