import { describe, expect, test } from "vitest";
import type { EventBody } from "../../src/client/signaling";
import { applyEvent, type CallState, findSlot, fromWelcome } from "../../src/client/state";
import { participant, publication, welcome } from "../fakes/messages";

const start = fromWelcome(welcome({ participants: [participant("a", "Ada", [publication("a", "camera")])] }));

function after(state: CallState, ...events: EventBody[]): CallState {
  return events.reduce((before, event, index) => applyEvent(before, event, index), state);
}

const names = (state: CallState): string[] => state.participants.map(({ name }) => name);

describe("welcome", () => {
  test("puts oneself first and once", () => {
    const state = fromWelcome(welcome({ participants: [participant("a", "Ada"), participant("me", "Me")] }));
    expect(names(state)).toEqual(["Me", "Ada"]);
    expect(state).toMatchObject({ phase: "connected", you: "me", room: { code: "code" } });
  });

  test("fills in what a server may leave out", () => {
    const state = fromWelcome(welcome({ rights: {}, you: { id: "me", name: "Me", connection: "joining" } }));
    expect(state.rights).toEqual({ publish: true, chat: true, moderate: false });
    expect(state.participants[0]).toMatchObject({ hand: false, publications: [] });
  });
});

describe("participants", () => {
  test("come, in order, and the same one only once", () => {
    const joined = (id: string, name: string): EventBody => ({
      type: "participant.joined",
      participant: participant(id, name),
    });
    expect(names(after(start, joined("b", "Bob"), joined("c", "Cy"), joined("b", "Bobby")))).toEqual([
      "Me",
      "Ada",
      "Bobby",
      "Cy",
    ]);
  });

  test("change without losing what they publish", () => {
    const state = after(start, {
      type: "participant.updated",
      participant: "a",
      name: "Ada L.",
      connection: "lost",
      hand: true,
    });
    expect(state.participants[1]).toEqual({
      ...participant("a", "Ada L.", [publication("a", "camera")]),
      connection: "lost",
      hand: true,
    });
  });

  test("take everything of theirs with them", () => {
    const state = after(
      start,
      { type: "slot", slot: "8", publication: "a.camera" },
      { type: "speakers", participants: ["a", "me"] },
      { type: "quality", participant: "a", quality: "poor", loss: 0.1 },
      { type: "participant.left", participant: "a", why: "left" },
    );
    expect(names(state)).toEqual(["Me"]);
    expect(state).toMatchObject({ slots: {}, speakers: ["me"], quality: {} });
  });
});

describe("publications", () => {
  test("are added, changed and removed", () => {
    const added = after(start, { type: "publication.added", publication: publication("a", "microphone") });
    expect(added.participants[1]?.publications.map(({ id }) => id)).toEqual(["a.camera", "a.microphone"]);
    const muted = after(added, { type: "publication.updated", publication: publication("a", "camera", true) });
    expect(muted.participants[1]?.publications.map((one) => one.muted)).toEqual([true, false]);
    const removed = after(muted, { type: "publication.removed", publication: "a.camera" });
    expect(removed.participants[1]?.publications.map(({ id }) => id)).toEqual(["a.microphone"]);
  });

  test("never change the state before", () => {
    const frozen = structuredClone(start);
    after(start, { type: "publication.removed", publication: "a.camera" });
    expect(start).toEqual(frozen);
  });
});

describe("slots", () => {
  test("remember since when they are for a publication, across layers and pauses", () => {
    const waiting: EventBody = { type: "slot", slot: "8", publication: "a.camera", paused: true, why: "waiting" };
    const flowing: EventBody = { type: "slot", slot: "8", publication: "a.camera", layer: "q" };
    const state = applyEvent(applyEvent(start, waiting, 1000), flowing, 1200);
    expect(findSlot(state, "a.camera")).toEqual([
      "8",
      { publication: "a.camera", layer: "q", paused: false, why: null, since: 1000 },
    ]);
    const other = applyEvent(state, { ...flowing, publication: "b.camera" }, 2000);
    expect(findSlot(other, "a.camera")).toBeUndefined();
    expect(findSlot(other, "b.camera")?.[1].since).toBe(2000);
  });

  test("become empty", () => {
    const state = after(
      start,
      { type: "slot", slot: "8", publication: "a.camera" },
      { type: "slot", slot: "8", publication: null },
    );
    expect(state.slots).toEqual({});
  });
});

test("chat is kept in order, each message once, a thousand at most", () => {
  const message = (id: number): EventBody => ({
    type: "chat",
    message: { id, sender: "a", sender_name: "Ada", text: `${id}`, sent_at: 0 },
  });
  const state = after(start, message(1), message(2), message(2));
  expect(state.chat.map(({ id }) => id)).toEqual([1, 2]);
  const many = after(start, ...Array.from({ length: 1005 }, (_, index) => message(index)));
  expect(many.chat).toHaveLength(1000);
  expect(many.chat[0]?.id).toBe(5);
});

test("what only passes leaves the state as it is", () => {
  expect(after(start, { type: "reaction", participant: "a", emoji: "x" }, { type: "bye", why: "left" })).toBe(start);
});
