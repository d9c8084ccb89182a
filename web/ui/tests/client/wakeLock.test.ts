import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepAwake } from "../../src/client/wakeLock";

/** A lock as browsers give it: out of view it ends by itself. */
class FakeLock {
  released = false;

  release(): Promise<void> {
    this.released = true;
    return Promise.resolve();
  }
}

let document: EventTarget & { hidden: boolean };
let locks: FakeLock[];
let request: () => Promise<FakeLock>;

beforeEach(() => {
  document = Object.assign(new EventTarget(), { hidden: false });
  locks = [];
  request = () => {
    const lock = new FakeLock();
    locks.push(lock);
    return Promise.resolve(lock);
  };
  vi.stubGlobal("document", document);
  vi.stubGlobal("navigator", { wakeLock: { request: () => request() } });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
};

async function show(hidden: boolean): Promise<void> {
  document.hidden = hidden;
  if (hidden) await locks.at(-1)?.release();
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
}

test("the screen stays bright until the end", async () => {
  const stop = keepAwake();
  await settle();
  expect(locks.map(({ released }) => released)).toEqual([false]);
  stop();
  expect(locks.map(({ released }) => released)).toEqual([true]);
});

test("back in view the lock is asked for anew, and only where it has ended", async () => {
  keepAwake();
  await settle();
  await show(false);
  expect(locks).toHaveLength(1);
  await show(true);
  expect(locks).toHaveLength(1);
  await show(false);
  expect(locks.map(({ released }) => released)).toEqual([true, false]);
});

test("a page that begins out of view asks once it is seen", async () => {
  document.hidden = true;
  keepAwake();
  await settle();
  expect(locks).toHaveLength(0);
  await show(false);
  expect(locks).toHaveLength(1);
});

test("a lock that comes after the end is let go at once, and none is asked for any more", async () => {
  const stop = keepAwake();
  stop();
  await settle();
  expect(locks.map(({ released }) => released)).toEqual([true]);
  await show(false);
  expect(locks).toHaveLength(1);
});

test("a refusal is borne, and the next time in view it is tried again", async () => {
  const give = request;
  request = () => Promise.reject(new DOMException("battery", "NotAllowedError"));
  const stop = keepAwake();
  await settle();
  request = give;
  await show(false);
  expect(locks).toHaveLength(1);
  stop();
  expect(locks[0]?.released).toBe(true);
});

test("browsers that lock nothing are left alone", async () => {
  vi.stubGlobal("navigator", {});
  const stop = keepAwake();
  await show(false);
  expect(stop).not.toThrow();
});

test("in view again before the browser has answered, one lock is enough", async () => {
  const stop = keepAwake();
  document.dispatchEvent(new Event("visibilitychange"));
  await settle();
  expect(locks).toHaveLength(1);
  stop();
  expect(locks.map(({ released }) => released)).toEqual([true]);
});
