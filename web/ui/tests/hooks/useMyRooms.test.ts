// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { useMyRooms } from "../../src/hooks/useMyRooms";
import { FakeServer } from "../fakes/FakeServer";
import { deferred, pass, settle, show } from "../fakes/rendering";

const EVERY_MS = 4000;
const LIST = "GET /api/rooms";

const room = (id: string, participants = 0) => ({ id, participants });
const rooms = (...ids: string[]) => ({ rooms: ids.map((id) => room(id)), count: ids.length });

let server: FakeServer;
beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer(() => rooms("first"));
  server.install();
});

function setUp() {
  const { result, unmount } = renderHook(useMyRooms);
  return {
    state: () => result.current,
    ids: () => result.current.rooms?.map(({ id }) => id),
    refresh: () => act(() => result.current.refresh()),
    unmount,
  };
}

describe("while the page can be seen", () => {
  test("the rooms are asked for again and again", async () => {
    const { ids } = setUp();
    expect(ids()).toBeUndefined();
    await settle();
    expect(ids()).toEqual(["first"]);
    server.answer = () => rooms("first", "second");
    await pass(EVERY_MS);
    expect(ids()).toEqual(["first", "second"]);
    await pass(2 * EVERY_MS);
    expect(server.asked).toHaveLength(4);
  });

  test("they are asked for at once where something was changed, and not twice from then on", async () => {
    const { refresh } = setUp();
    await settle();
    await pass(EVERY_MS / 2);
    refresh();
    await settle();
    expect(server.asked).toHaveLength(2);
    await pass(2 * EVERY_MS);
    expect(server.asked).toHaveLength(4);
  });
});

test("whoever looks at the page in between is answered at once, and the next question is put off", async () => {
  setUp();
  await settle();
  await pass(EVERY_MS / 2);
  const answer = deferred<object>();
  server.answer = () => answer.promise;
  await show(true);
  await pass(EVERY_MS);
  expect(server.asked).toHaveLength(2);
  answer.resolve(rooms("late"));
  await pass(EVERY_MS);
  expect(server.asked).toHaveLength(3);
});

describe("out of view", () => {
  test("nothing is asked, and back in view at once", async () => {
    setUp();
    await settle();
    await show(false);
    await pass(5 * EVERY_MS);
    expect(server.asked).toHaveLength(1);
    await show(true);
    expect(server.asked).toHaveLength(2);
    await pass(EVERY_MS);
    expect(server.asked).toHaveLength(3);
  });

  test("an answer that was under way is taken, and no other asked for", async () => {
    const answer = deferred<object>();
    server.answer = () => answer.promise;
    const { ids } = setUp();
    await show(false);
    answer.resolve(rooms("late"));
    await settle();
    expect(ids()).toEqual(["late"]);
    await pass(5 * EVERY_MS);
    expect(server.asked).toHaveLength(1);
  });
});

describe("more rooms than a page has", () => {
  test("are all shown, and one that comes twice is shown once", async () => {
    server.answer = (question) => {
      if (question === LIST) return { rooms: [room("a"), room("b")], count: 5 };
      // Somebody has used another room, which has moved "b" to the next page.
      return { rooms: question.endsWith("=2") ? [room("b"), room("c")] : [room("d")], count: 5 };
    };
    const { ids } = setUp();
    await settle();
    expect(ids()).toEqual(["a", "b", "c", "d"]);
    expect(server.asked).toEqual([LIST, `${LIST}?offset=2`, `${LIST}?offset=4`]);
  });

  test("are not asked for without end", async () => {
    server.answer = () => ({ rooms: [room("a")], count: 1000 });
    const { ids } = setUp();
    await settle();
    expect(ids()).toEqual(["a"]);
    expect(server.asked).toHaveLength(2);
  });

  test("are not shown in part where a page stays away", async () => {
    server.answer = (question) => {
      if (question === LIST) return { rooms: [room("a")], count: 2 };
      throw new TypeError("Failed to fetch");
    };
    const { state } = setUp();
    await settle();
    expect(state()).toMatchObject({ rooms: null, stale: true });
  });
});

describe("answers", () => {
  test("in the wrong order leave the one to what was asked last, and are asked for no more often", async () => {
    const [older, newer] = [deferred<object>(), deferred<object>()];
    server.answer = () => older.promise;
    const { ids, unmount } = setUp();
    await show(false);
    server.answer = () => newer.promise;
    await show(true);
    newer.resolve(rooms("newer"));
    await settle();
    older.resolve(rooms("older"));
    await settle();
    expect(ids()).toEqual(["newer"]);
    server.answer = () => rooms("newer");
    await pass(EVERY_MS);
    expect(server.asked).toHaveLength(3);
    unmount();
    await pass(5 * EVERY_MS);
    expect(server.asked).toHaveLength(3);
  });

  test("after the end are not followed by more questions", async () => {
    const answer = deferred<object>();
    server.answer = () => answer.promise;
    const { unmount } = setUp();
    await settle();
    unmount();
    answer.resolve(rooms("late"));
    await pass(5 * EVERY_MS);
    await show(false);
    await show(true);
    expect(server.asked).toHaveLength(1);
  });

  test("that stay away leave what was known, marked as old, until the server is back", async () => {
    const { state, ids } = setUp();
    await settle();
    server.answer = () => {
      throw new TypeError("Failed to fetch");
    };
    await pass(EVERY_MS);
    expect(ids()).toEqual(["first"]);
    expect(state().stale).toBe(true);
    server.answer = () => rooms("back");
    await pass(EVERY_MS);
    expect(ids()).toEqual(["back"]);
    expect(state().stale).toBe(false);
  });

  test("that never came leave the rooms unknown, which is not none", async () => {
    server.answer = () => {
      throw new TypeError("Failed to fetch");
    };
    const { state } = setUp();
    await settle();
    expect(state()).toMatchObject({ rooms: null, stale: true });
  });
});

describe("who is inside", () => {
  const ada = { id: "a", name: "Ada", host: false, guest: true };

  test("is asked only of rooms where somebody is, and of one that cannot say nobody is shown", async () => {
    server.answer = (question) => {
      if (question === LIST) return { rooms: [room("empty"), room("busy", 1), room("gone", 2)], count: 3 };
      if (question.includes("gone")) throw new TypeError("Failed to fetch");
      return { participants: [ada] };
    };
    const { state } = setUp();
    await settle();
    expect(state()).toMatchObject({ people: { busy: [ada], gone: [] }, stale: false });
    expect(server.asked).toEqual([LIST, "GET /api/rooms/busy/participants", "GET /api/rooms/gone/participants"]);
  });

  test("is not asked of dozens of rooms", async () => {
    server.answer = (question) =>
      question === LIST
        ? { rooms: Array.from({ length: 50 }, (_, id) => room(`${id}`, 1)), count: 50 }
        : { participants: [ada] };
    setUp();
    await settle();
    expect(server.asked.length).toBeLessThan(20);
  });
});
