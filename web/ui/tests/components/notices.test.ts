import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forget, notices, notify, openDialogs } from "../../src/notices/notices";

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

test("of what is only passing, the latest is shown", () => {
  notify("joined", { passing: true });
  notify("muted");
  notify("left", { passing: true });
  vi.advanceTimersByTime(1000);
  expect(texts()).toEqual(["muted", "left"]);
  const action = { label: "Open", run: vi.fn() };
  notify("Ada: Hello", { passing: true, action });
  notify("joined again", { passing: true });
  vi.advanceTimersByTime(1000);
  expect(texts()).toEqual(["muted", "Ada: Hello"]);
});

test("what is told of a dialog belongs into it, and what happens in the call doesn't", () => {
  const close = openDialogs.open("settings");
  notify("Saved.");
  notify("Ada joined", { topic: "call" });
  close();
  notify("Copied.");
  expect(notices.getSnapshot().map(({ inDialog }) => inDialog)).toEqual([true, false, false]);
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
