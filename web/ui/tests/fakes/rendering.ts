import { act, cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import { notices } from "../../src/notices/notices";

/** What a test has changed of the page, to be put back. */
const restores: (() => void)[] = [];

// What a test draws has to go while the page is still as the test has made it, so all of this is in one place.
afterEach(() => {
  cleanup();
  notices.set([]);
  for (const restore of restores.splice(0).reverse()) restore();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Gives a part of the page properties that it lacks, or other ones, until the test ends. */
export function give(target: object, properties: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(properties)) {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
    restores.push(() => {
      if (before === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, before);
    });
  }
}

/** Lets pass what is waiting for nothing but its turn. Needs fake timers. */
export const settle = (): Promise<unknown> => pass(0);

/** Lets time pass. Needs fake timers. */
export const pass = (milliseconds: number): Promise<unknown> => act(() => vi.advanceTimersByTimeAsync(milliseconds));

/** The page goes out of view, or comes back. */
export async function show(visible: boolean): Promise<void> {
  give(document, { hidden: !visible, visibilityState: visible ? "visible" : "hidden" });
  await act(async () => {
    document.dispatchEvent(new Event("visibilitychange"));
    await Promise.resolve();
  });
}

/** What is told at the edge of the page, oldest first. */
export function told(): string[] {
  return notices
    .getSnapshot()
    .filter(({ open }) => open)
    .map(({ text }) => text);
}

/** A promise that the test settles when it wants to. */
export function deferred<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<Value>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

type Add = EventTarget["addEventListener"];

/** Says which types of event are listened for at a target from now on, each listener once, until it is taken away. */
export function watchListeners(target: EventTarget): () => string[] {
  const there: { type: string; listener: unknown }[] = [];
  const add: Add = target.addEventListener.bind(target);
  const remove: Add = target.removeEventListener.bind(target);
  vi.spyOn(target, "addEventListener").mockImplementation((...given: Parameters<Add>) => {
    there.push({ type: given[0], listener: given[1] });
    add(...given);
  });
  vi.spyOn(target, "removeEventListener").mockImplementation((...given: Parameters<Add>) => {
    const index = there.findIndex(({ type, listener }) => type === given[0] && listener === given[1]);
    if (index >= 0) there.splice(index, 1);
    remove(...given);
  });
  return () => there.map(({ type }) => type);
}
