import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { notices, notify } from "../../src/notices/notices";

beforeEach(() => vi.useFakeTimers());

afterEach(() => {
  for (const { id } of notices.getSnapshot()) notices.dismiss(id);
  vi.runAllTimers();
  vi.useRealTimers();
});

const texts = (): string[] => notices.getSnapshot().map((notice) => notice.text);

test("the latest few are shown", () => {
  for (const text of ["one", "two", "three", "four", "five"]) notify(text);
  expect(texts()).toEqual(["two", "three", "four", "five"]);
});

test("what is taken back goes, with a moment for its way out", () => {
  const take = notify("one");
  notify("two");
  take();
  expect(notices.getSnapshot().map((notice) => notice.open)).toEqual([false, true]);
  vi.advanceTimersByTime(1000);
  expect(texts()).toEqual(["two"]);
  take();
  expect(texts()).toEqual(["two"]);
});
