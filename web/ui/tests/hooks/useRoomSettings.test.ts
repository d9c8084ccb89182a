// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { NEW_ROOM, type AllRoomSettings } from "../../src/client/httpTypes";
import { ApiError } from "../../src/client/http";
import { useRoomSettings } from "../../src/hooks/useRoomSettings";
import { startTexts } from "../../src/i18n/i18n";
import { deferred, settle } from "../fakes/rendering";

beforeAll(() => startTexts("en"));
beforeEach(() => {
  vi.useFakeTimers();
});

const BEFORE: AllRoomSettings = { ...NEW_ROOM, title: "Room" };

function setUp() {
  const answers: ReturnType<typeof deferred<undefined>>[] = [];
  const send = vi.fn<(settings: AllRoomSettings) => Promise<void>>(() => {
    const answer = deferred<undefined>();
    answers.push(answer);
    return answer.promise;
  });
  const { result } = renderHook(() => useRoomSettings(BEFORE, send));
  return {
    answers,
    send,
    form: () => result.current,
    save: () => act(() => result.current.save()),
    change: (change: Partial<AllRoomSettings>) => act(() => result.current.change(change)),
  };
}

test("all settings are sent, the title without the space around it", async () => {
  const { answers, send, form, save, change } = setUp();
  change({ title: "  Tea " });
  change({ locked: true });
  save();
  expect(send).toHaveBeenCalledExactlyOnceWith({ ...BEFORE, title: "Tea", locked: true });
  expect(form().busy).toBe(true);
  answers[0]?.resolve(undefined);
  await settle();
  expect(form()).toMatchObject({ busy: false, problem: null });
});

test("they are not sent twice at a time, nor with a number that is none", async () => {
  const { answers, send, form, save } = setUp();
  save();
  save();
  expect(send).toHaveBeenCalledOnce();
  answers[0]?.resolve(undefined);
  await settle();
  act(() => form().setCapacityValid(false));
  save();
  expect(send).toHaveBeenCalledOnce();
  act(() => form().setCapacityValid(true));
  save();
  expect(send).toHaveBeenCalledTimes(2);
});

test("a refusal goes to its fields, keeps what was typed, and is forgotten at the next try", async () => {
  const { answers, form, save, change } = setUp();
  change({ title: "x".repeat(500) });
  save();
  answers[0]?.reject(new ApiError("invalid", "", 422, { title: "Too long." }));
  await settle();
  expect(form()).toMatchObject({ busy: false, problems: { title: "Too long." }, settings: { title: "x".repeat(500) } });
  expect(form().problem).not.toBeNull();
  save();
  expect(form()).toMatchObject({ problems: {}, problem: null });
});

test("what else goes wrong is told in general", async () => {
  const { answers, form, save } = setUp();
  save();
  answers[0]?.reject("odd");
  await settle();
  expect(form()).toMatchObject({ problems: {}, problem: "Something went wrong. Try again." });
});
