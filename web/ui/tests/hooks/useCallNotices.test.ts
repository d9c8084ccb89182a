// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { useCallNotices } from "../../src/hooks/useCallNotices";
import { startTexts } from "../../src/i18n/i18n";
import { notices, notify } from "../../src/notices/notices";
import { callParts } from "../fakes/FakeCall";
import { chatMessage, participant } from "../fakes/messages";
import { pass, told } from "../fakes/rendering";

beforeAll(() => startTexts("en"));
beforeEach(() => {
  vi.useFakeTimers();
});

/** Long enough for all who come and go in one moment. */
const MOMENT_MS = 1000;

function setUp() {
  const { call, ui, parts } = callParts();
  const { unmount } = renderHook(() => useCallNotices(parts));
  return {
    call,
    ui,
    unmount,
    joins: (id: string, name: string) =>
      act(() => call.event({ type: "participant.joined", participant: participant(id, name) })),
    leaves: (id: string, why: "left" | "lost" | "removed" | "replaced" = "left") =>
      act(() => call.event({ type: "participant.left", participant: id, why })),
    says: (id: number, text: string) => act(() => call.event({ type: "chat", message: chatMessage(id, { text }) })),
    knocks: (id: string, name: string) => act(() => call.event({ type: "waiting.joined", waiting: { id, name } })),
    isLetIn: (waiting: string) => act(() => call.event({ type: "waiting.left", waiting })),
  };
}

describe("who comes and goes", () => {
  test("is told a moment later, by name", async () => {
    const { joins } = setUp();
    joins("c", "Cy");
    expect(told()).toEqual([]);
    await pass(MOMENT_MS);
    expect(told()).toEqual(["Cy joined"]);
  });

  test("in one moment is told together", async () => {
    const { joins, leaves } = setUp();
    for (let count = 1; count <= 6; count++) joins(`p${count}`, `Person ${count}`);
    leaves("a", "lost");
    leaves("b");
    await pass(MOMENT_MS);
    expect(told()).toEqual(["Person 1 and 5 others joined · Ada lost connection · Ben left"]);
  });

  test("is not told in a call of more than eight, where it never ends", async () => {
    const { joins, leaves, call, says, knocks } = setUp();
    for (let count = 1; count <= 6; count++) joins(`p${count}`, `Person ${count}`);
    await pass(MOMENT_MS);
    act(() =>
      call.event({
        type: "participant.updated",
        participant: "a",
        name: "Ada",
        connection: "lost",
        hand: true,
      }),
    );
    leaves("p1");
    joins("p7", "Person 7");
    await pass(MOMENT_MS);
    expect(told()).toEqual([]);
    says(1, "but this is");
    knocks("w", "Wil");
    expect(told()).toEqual(["Ada: but this is", "Wil wants to join"]);
  });

  test("later is told in its place, without those before", async () => {
    const { joins } = setUp();
    joins("c", "Cy");
    await pass(MOMENT_MS);
    joins("d", "Di");
    joins("e", "Ed");
    await pass(MOMENT_MS);
    expect(told()).toEqual(["Di and 1 other joined"]);
  });

  test("again and again is not kept waiting for by every newcomer", async () => {
    const { joins } = setUp();
    for (let count = 1; count <= 4; count++) {
      joins(`p${count}`, `Person ${count}`);
      await pass(count < 4 ? 200 : 199);
    }
    expect(told()).toEqual(["Person 1 and 3 others joined"]);
  });

  test("and is replaced, or unknown, or oneself, is not told", async () => {
    const { leaves } = setUp();
    leaves("a", "replaced");
    leaves("nobody");
    leaves("me");
    await pass(MOMENT_MS);
    expect(told()).toEqual([]);
  });
});

describe("who waits", () => {
  test("is told until somebody lets them in", async () => {
    const { knocks, isLetIn } = setUp();
    knocks("w1", "Wil");
    knocks("w2", "Xen");
    isLetIn("w1");
    expect(told()).toEqual(["Xen wants to join"]);
    isLetIn("unheard of");
    await pass(MOMENT_MS);
    expect(told()).toEqual(["Xen wants to join"]);
  });

  test("and comes back is told again", () => {
    const { knocks, isLetIn } = setUp();
    knocks("w1", "Wil");
    isLetIn("w1");
    knocks("w1", "Wil");
    expect(told()).toEqual(["Wil wants to join"]);
    isLetIn("w1");
    expect(told()).toEqual([]);
  });

  test("and cannot be let in is told of", async () => {
    const { call, knocks } = setUp();
    call.moderate.mockRejectedValueOnce(new Error("lost"));
    knocks("w1", "Wil");
    notices.getSnapshot()[0]?.action?.run();
    await pass(0);
    expect(told()).toHaveLength(2);
  });
});

describe("chat", () => {
  test("takes the place of one notice, whose last message it is", () => {
    const { says } = setUp();
    says(1, "one");
    says(2, "two");
    says(3, "three");
    expect(told()).toEqual(["Ada: three"]);
  });

  test("is taken back once it is read, and only that", () => {
    const { ui, says, knocks } = setUp();
    knocks("w", "Wil");
    says(1, "one");
    act(() => ui.togglePanel("people"));
    expect(told()).toHaveLength(2);
    act(() => ui.togglePanel("chat"));
    expect(told()).toEqual(["Wil wants to join"]);
    says(2, "two");
    expect(told()).toEqual(["Wil wants to join"]);
  });
});

describe("after the call", () => {
  test("nothing of it is told any more, and what is not of it stays", () => {
    const { knocks, says, unmount } = setUp();
    notify("The link is copied.");
    knocks("w", "Wil");
    says(1, "one");
    unmount();
    expect(told()).toEqual(["The link is copied."]);
  });

  test("nobody looks any more whether the chat is read", async () => {
    const { ui, says, unmount } = setUp();
    says(1, "one");
    unmount();
    await pass(MOMENT_MS);
    const changed = vi.fn();
    const stop = notices.subscribe(changed);
    ui.togglePanel("chat");
    stop();
    expect(changed).not.toHaveBeenCalled();
  });

  test("those who came in the last moment are not told, nor what happens then", async () => {
    const { call, joins, unmount } = setUp();
    joins("c", "Cy");
    unmount();
    call.event({ type: "waiting.joined", waiting: { id: "w", name: "Wil" } });
    call.event({ type: "participant.joined", participant: participant("d", "Di") });
    await pass(MOMENT_MS);
    expect(told()).toEqual([]);
  });
});
