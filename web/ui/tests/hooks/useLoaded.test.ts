// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { useLoaded } from "../../src/hooks/useLoaded";
import { startTexts } from "../../src/i18n/i18n";
import { deferred, settle } from "../fakes/rendering";

beforeAll(() => startTexts("en"));
beforeEach(() => {
  vi.useFakeTimers();
});

/** Something that is asked for, and answered by the test in whichever order. */
function setUp() {
  const answers: ReturnType<typeof deferred<string>>[] = [];
  const ask = (): Promise<string> => {
    const answer = deferred<string>();
    answers.push(answer);
    return answer.promise;
  };
  const { result, rerender } = renderHook((now: () => Promise<string>) => useLoaded(now), {
    initialProps: ask,
  });
  return {
    answers,
    ask,
    state: () => ({ value: result.current.value, problem: result.current.problem }),
    reload: () => act(() => result.current.reload()),
    rerender,
  };
}

test("what is asked for is there once it is answered, and is not asked for at every drawing", async () => {
  const { answers, ask, state, rerender } = setUp();
  expect(state()).toEqual({ value: null, problem: null });
  answers[0]?.resolve("one");
  await settle();
  rerender(ask);
  expect(state()).toEqual({ value: "one", problem: null });
  expect(answers).toHaveLength(1);
});

test("a failure is told, what was known stays, and another try may succeed", async () => {
  const { answers, state, reload } = setUp();
  answers[0]?.resolve("one");
  await settle();
  reload();
  answers[1]?.reject(new TypeError("?"));
  await settle();
  expect(state()).toEqual({ value: "one", problem: "Something went wrong. Try again." });
  reload();
  answers[2]?.resolve("two");
  await settle();
  expect(state()).toEqual({ value: "two", problem: null });
});

test("an answer to what was asked before is of no interest, be it a value or a failure", async () => {
  const { answers, state, reload } = setUp();
  reload();
  reload();
  answers[2]?.resolve("newest");
  await settle();
  answers[0]?.resolve("oldest");
  answers[1]?.reject(new TypeError("?"));
  await settle();
  expect(state()).toEqual({ value: "newest", problem: null });
});

test("another question makes the answer to the first one too late", async () => {
  const { answers, state, rerender } = setUp();
  const other = (): Promise<string> => Promise.resolve("other");
  rerender(other);
  await settle();
  answers[0]?.resolve("first");
  await settle();
  expect(state().value).toBe("other");
});
