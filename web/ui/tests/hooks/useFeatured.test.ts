// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { fromWelcome } from "../../src/client/state";
import { SETTLE_MS, useFeatured } from "../../src/hooks/useFeatured";
import { tilesOf } from "../../src/hooks/useStage";
import { callParts } from "../fakes/FakeCall";
import { participant, publication, welcome } from "../fakes/messages";

beforeEach(() => void vi.useFakeTimers());

const PEOPLE = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/** A room of oneself and ten others. */
function setUp() {
  const { call, wrapper } = callParts();
  const others = PEOPLE.map((id) => participant(id, id, [publication(id, "camera")]));
  call.set(fromWelcome(welcome({ you: participant("me", "Me"), participants: others })));
  const { result } = renderHook(() => useFeatured(), { wrapper });
  return {
    call,
    featured: () => result.current,
    speak: (...participants: string[]): void => {
      act(() => call.event({ type: "speakers", participants }));
    },
    wait: (milliseconds: number): void => {
      act(() => {
        vi.advanceTimersByTime(milliseconds);
      });
    },
  };
}

test("the first one who speaks is shown at once, and the next one after speaking for a second", () => {
  const { featured, speak, wait } = setUp();
  expect(featured()).toBeNull();
  speak("a");
  expect(featured()).toBe("a");
  speak("b");
  wait(SETTLE_MS - 1);
  expect(featured()).toBe("a");
  wait(1);
  expect(featured()).toBe("b");
});

test("a cough into somebody's pause changes nothing", () => {
  const { featured, speak, wait } = setUp();
  speak("a");
  for (const cougher of ["b", "c", "d"]) {
    speak();
    wait(300);
    speak(cougher);
    wait(800);
    speak("a", cougher);
    speak("a");
    wait(3000);
    expect(featured()).toBe("a");
  }
});

test("who leaves is replaced at once", () => {
  const { call, featured, speak, wait } = setUp();
  speak("a");
  speak("b");
  act(() => call.event({ type: "participant.left", participant: "a", why: "left" }));
  expect(featured()).toBe("b");
  speak("c");
  act(() => call.event({ type: "participant.left", participant: "c", why: "left" }));
  wait(5000);
  expect(featured()).not.toBe("c");
});

test("with ten people who speak in turns, the large picture follows the turns and no tile moves", () => {
  const { call, featured, speak, wait } = setUp();
  let seed = 7;
  const random = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
  const order = tilesOf(call.getSnapshot()).map(({ key }) => key);
  const shown: (string | null)[] = [];
  const turns: string[] = [];
  const pass = (milliseconds: number): void => {
    for (let left = milliseconds; left > 0; left -= 100) {
      wait(100);
      if (featured() !== shown.at(-1)) shown.push(featured());
      expect(tilesOf(call.getSnapshot()).map(({ key }) => key)).toEqual(order);
    }
  };
  for (let turn = 0; turn < 25; turn++) {
    const speaker = PEOPLE.filter((id) => id !== turns.at(-1))[random(9)] ?? "a";
    turns.push(speaker);
    for (let sentence = random(4); sentence >= 0; sentence--) {
      speak(speaker);
      pass(1200 + random(4000));
      // Some agree while somebody speaks, some cough into a pause; the speaker goes on.
      const other = PEOPLE[random(10)] ?? "a";
      const meanwhile = random(3);
      if (meanwhile === 0) speak(speaker, other);
      else if (meanwhile === 1) speak(other);
      else speak();
      pass(300 + random(500));
    }
  }
  expect(shown).toEqual(turns);
});
