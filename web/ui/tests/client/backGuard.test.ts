// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BackGuard, closedByBack, dropMark } from "../../src/client/backGuard";
import { give, pass } from "../fakes/rendering";

/** A history that goes back at once, and tells of it as a browser does. */
class Entries {
  list: { state: unknown; url: string }[] = [{ state: null, url: "http://localhost/lobby" }];
  at = 0;

  readonly history = {
    get state() {
      return entries.list[entries.at]?.state;
    },
    pushState: (state: unknown, _: string, url: string) => {
      this.list = [...this.list.slice(0, this.at + 1), { state, url }];
      this.at++;
    },
    back: () => this.go(-1),
  };

  readonly location = {
    get href() {
      return entries.list[entries.at]?.url;
    },
  };

  go(steps: number): void {
    this.at = Math.max(0, this.at + steps);
    window.dispatchEvent(new PopStateEvent("popstate", { state: this.history.state }));
  }
}

const ROOM = "http://localhost/r/abc";
let entries = new Entries();
const ask = vi.fn();
let guard = new BackGuard(ask);

beforeEach(() => {
  vi.useFakeTimers();
  entries = new Entries();
  entries.history.pushState(null, "", ROOM);
  give(globalThis, { history: entries.history, location: entries.location });
  give(document, { fullscreenEnabled: true, fullscreenElement: null });
  ask.mockReset();
  guard = new BackGuard(ask);
  guard.arm();
});
afterEach(async () => {
  guard.disarm();
  await pass(0);
});

const asksBeforeClosing = (): boolean => {
  const event = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
};

describe("Back in a call", () => {
  test("asks, each time, and does not leave", () => {
    for (let times = 1; times <= 3; times++) {
      entries.go(-1);
      expect(ask).toHaveBeenCalledTimes(times);
      expect(entries.location.href).toBe(ROOM);
    }
    expect(entries.list).toHaveLength(3);
  });

  test("closes what is open first, the topmost before the others", () => {
    const closed: string[] = [];
    const layer = (name: string): void => {
      const gone = closedByBack(() => {
        closed.push(name);
        gone();
      });
    };
    for (const name of ["panel", "dialog", "menu"]) layer(name);
    const exitFullscreen = vi.fn(() => {
      give(document, { fullscreenElement: null });
      return Promise.resolve();
    });
    give(document, { fullscreenElement: document.body, exitFullscreen });
    for (let times = 0; times < 4; times++) entries.go(-1);
    expect(closed).toEqual(["menu", "dialog", "panel"]);
    expect(exitFullscreen).toHaveBeenCalledOnce();
    expect(ask).not.toHaveBeenCalled();
    entries.go(-1);
    expect(ask).toHaveBeenCalledOnce();
  });

  test("by several steps at once asks too, and the room has its own entry again", () => {
    entries.go(-2);
    expect(ask).toHaveBeenCalledOnce();
    expect(entries.list.map(({ url }) => url)).toEqual(["http://localhost/lobby", ROOM, ROOM]);
  });

  test("leads to where one came from, once the call is over", async () => {
    expect(asksBeforeClosing()).toBe(true);
    guard.disarm();
    await pass(0);
    expect(asksBeforeClosing()).toBe(false);
    expect(entries.at).toBe(1);
    entries.go(-1);
    expect(entries.location.href).toBe("http://localhost/lobby");
    expect(ask).not.toHaveBeenCalled();
  });
});

test("a call that goes on at once keeps its entry", async () => {
  guard.disarm();
  guard.arm();
  await pass(0);
  expect(entries.at).toBe(2);
  expect(entries.list).toHaveLength(3);
});

test("an entry that a reloaded call has left is taken away, and no other", () => {
  guard.disarm();
  dropMark();
  expect(entries.at).toBe(1);
  dropMark();
  expect(entries.at).toBe(1);
});
