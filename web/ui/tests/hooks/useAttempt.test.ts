// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "../../src/client/http";
import { useAttempt } from "../../src/hooks/useAttempt";
import { startTexts } from "../../src/i18n/i18n";
import { deferred, settle, told } from "../fakes/rendering";

beforeAll(() => startTexts("en"));
beforeEach(() => {
  vi.useFakeTimers();
});

function setUp() {
  const work = deferred<undefined>();
  const { result, unmount } = renderHook(useAttempt);
  act(() => result.current.attempt(() => work.promise));
  return { work, busy: () => result.current.busy, unmount };
}

test("it is busy until it is done, and then nothing is told", async () => {
  const { work, busy } = setUp();
  expect(busy()).toBe(true);
  work.resolve(undefined);
  await settle();
  expect(busy()).toBe(false);
  expect(told()).toEqual([]);
});

test("what went wrong is told, and it can be tried again", async () => {
  const { work, busy } = setUp();
  work.reject(new ApiError("email_taken", "", 409));
  await settle();
  expect(busy()).toBe(false);
  expect(told()).toEqual(["This email already has an account."]);
});

test("what goes wrong after one has gone elsewhere is told there", async () => {
  const { work, unmount } = setUp();
  unmount();
  work.reject(new TypeError("?"));
  await settle();
  expect(told()).toEqual(["Something went wrong. Try again."]);
});
