import { describe, expect, test } from "vitest";
import { areTogether } from "../../src/components/call/ChatPanel";
import { listOf } from "../../src/components/call/PeoplePanel";
import { pathOf, roundUp } from "../../src/components/call/Plot";
import { applyEvent, fromWelcome } from "../../src/client/state";
import { sameFields, sameItems } from "../../src/hooks/useSelector";
import { chatMessage, participant, welcome } from "../fakes/messages";

describe("the list of people", () => {
  const state = fromWelcome(
    welcome({
      participants: [
        participant("z", "Zoë"),
        participant("b", "ben"),
        { ...participant("h", "Yusuf"), host: true },
        participant("a", "Ada"),
      ],
    }),
  );
  const ids = (search = "", from = state): string[] => listOf(from, search).map(({ id }) => id);

  test("has oneself first, then hosts, then the others by name", () => {
    expect(ids()).toEqual(["me", "h", "a", "b", "z"]);
  });

  test("has raised hands before hosts, the longest first", () => {
    const hand = (id: string) =>
      ({
        type: "participant.updated",
        participant: id,
        name: id,
        connection: "connected",
        hand: true,
      }) as const;
    const raised = applyEvent(applyEvent(state, hand("z"), 0), hand("a"), 0);
    expect(ids("", raised).slice(0, 4)).toEqual(["me", "z", "a", "h"]);
  });

  test("is searched without regard to capitals", () => {
    expect(ids("BEN")).toEqual(["b"]);
    expect(ids(" ë ")).toEqual(["z"]);
    expect(ids("nobody")).toEqual([]);
  });
});

test("messages stand together where they are of one person, to the same, and soon after", () => {
  const first = chatMessage(1);
  expect(areTogether(undefined, first)).toBe(false);
  expect(areTogether(first, chatMessage(2, { sent_at: 100 }))).toBe(true);
  expect(areTogether(first, chatMessage(2, { sent_at: 1000 }))).toBe(false);
  expect(areTogether(first, chatMessage(2, { sender: "b" }))).toBe(false);
  expect(areTogether(first, chatMessage(2, { to: "me" }))).toBe(false);
  expect(areTogether(first, chatMessage(2, { sender: "", sender_name: "Cy" }))).toBe(false);
});

describe("a plot", () => {
  test("ends at the right, with a gap where nothing is known", () => {
    const path = pathOf([1, null, 0, 1], 4, 1);
    expect(path.match(/[ML]/gu)?.join("")).toBe("MML");
    expect(path).toMatch(/L300\.0 1\.0$/u);
  });

  test("has a scale that seldom changes, and never cuts", () => {
    expect([0.1, 0.4, 1, 1.1, 2.5, 7, 10, 99].map(roundUp)).toEqual([0.1, 0.5, 1, 2, 5, 10, 10, 100]);
    for (let value = 0.01; value < 1e7; value *= 1.37) expect(roundUp(value)).toBeGreaterThanOrEqual(value * 0.999);
  });
});

test("objects are the same where their fields are", () => {
  expect(sameFields({ a: 1, b: null }, { a: 1, b: null })).toBe(true);
  expect(sameFields({ a: 1 }, { a: 2 })).toBe(false);
  expect(sameFields<{ a: number; b?: number }>({ a: 1 }, { a: 1, b: 1 })).toBe(false);
  expect(sameItems([{ a: 1 }], [{ a: 1 }])).toBe(true);
  expect(sameItems([{ a: 1 }], [{ a: 1 }, { a: 2 }])).toBe(false);
});
