import { afterEach, expect, test, vi } from "vitest";
import { Store } from "../../src/client/store";

afterEach(() => {
  vi.restoreAllMocks();
});

test("a listener that fails is reported, and keeps nothing from the others", () => {
  const report = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const store = new Store(0);
  const heard: number[] = [];
  store.subscribe(() => {
    throw new Error("stumbled");
  });
  store.subscribe(() => heard.push(store.getSnapshot()));
  store.set(1);
  store.set(2);
  expect(heard).toEqual([1, 2]);
  expect(report).toHaveBeenCalledTimes(2);
});

test("listeners may go while they are called", () => {
  const store = new Store(0);
  const heard: string[] = [];
  const stop = store.subscribe(() => {
    heard.push("first");
    stop();
  });
  store.subscribe(() => heard.push("second"));
  store.set(1);
  store.set(2);
  expect(heard).toEqual(["first", "second", "second"]);
});
