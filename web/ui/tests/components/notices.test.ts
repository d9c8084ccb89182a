import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forget, notices, notify } from "../../src/notices/notices";

beforeEach(() => vi.useFakeTimers());

afterEach(() => {
  for (const { id } of notices.getSnapshot()) notices.dismiss(id);
  vi.runAllTimers();
  vi.useRealTimers();
});

const texts = (): string[] => notices.getSnapshot().map((notice) => notice.text);

test("the latest few are shown", () => {
  for (const text of ["one", "two", "three", "four", "five"]) notify(text);
  expect(texts()).toEqual(["three", "four", "five"]);
});

test("what belongs to a topic goes when that is over", () => {
  notify("of the call", { topic: "call" });
  notify("of the page");
  forget("call");
  vi.advanceTimersByTime(1000);
  expect(texts()).toEqual(["of the page"]);
});

test("what waits for an answer is not pushed out by what only tells", () => {
  const action = { label: "Unmute", run: vi.fn() };
  notify("asked", { action });
  for (const text of ["one", "two", "three"]) notify(text);
  expect(texts()).toEqual(["asked", "two", "three"]);
  for (const text of ["asked again", "and again", "and once more"]) notify(text, { action });
  expect(texts()).toEqual(["asked again", "and again", "and once more"]);
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
