import { describe, expect, test } from "vitest";
import type { EventBody } from "../../src/client/signaling";
import {
  applyEvent,
  type CallState,
  findParticipant,
  findPublication,
  findSlot,
  fromWelcome,
} from "../../src/client/state";
import { chatMessage, participant, publication, welcome } from "../fakes/messages";

const start = fromWelcome(welcome({ participants: [participant("a", "Ada", [publication("a", "camera")])] }));

function after(state: CallState, ...events: EventBody[]): CallState {
  return events.reduce((before, event, index) => applyEvent(before, event, index), state);
}

const names = (state: CallState): string[] => state.participants.map(({ name }) => name);

describe("welcome", () => {
  test("puts oneself first and once", () => {
    const state = fromWelcome(welcome({ participants: [participant("a", "Ada"), participant("me", "Me")] }));
    expect(names(state)).toEqual(["Me", "Ada"]);
    expect(state).toMatchObject({ phase: "connected", you: "me", room: { code: "code", access: "open" } });
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
      quality: "good",
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

test("a quality that has no name here yet changes nothing", () => {
  const known = after(start, { type: "quality", participant: "a", quality: "poor", loss: 0.1 });
  const event = { type: "quality", participant: "a", quality: "splendid", loss: 0 } as unknown as EventBody;
  expect(after(known, event).quality).toEqual(known.quality);
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

  test("are muted together when a host mutes everyone", () => {
    const all = after(start, { type: "publications.muted", publications: ["a.camera", "gone.camera"], by: "b" });
    expect(findPublication(findParticipant(all, "a"), "camera")?.muted).toBe(true);
    expect(all.participants[0]).toBe(start.participants[0]);
  });

  test("are found by id and source", () => {
    expect(findParticipant(start, "a")?.name).toBe("Ada");
    expect(findParticipant(start, "x")).toBeUndefined();
    expect(findParticipant(start, null)).toBeUndefined();
    expect(findPublication(findParticipant(start, "a"), "camera")?.id).toBe("a.camera");
    expect(findPublication(undefined, "camera")).toBeNull();
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

describe("chat", () => {
  const said = (id: number): EventBody => ({ type: "chat", message: chatMessage(id) });

  test("is kept in order, each message once", () => {
    expect(after(start, said(1), said(2), said(2)).chat.messages.map(({ id }) => id)).toEqual([1, 2]);
  });

  test("loses what a host takes away", () => {
    const state = after(start, said(1), said(2), { type: "chat.deleted", message: 1 });
    expect(state.chat.messages.map(({ id }) => id)).toEqual([2]);
    expect(after(state, { type: "chat.deleted", message: 9 }).chat).toBe(state.chat);
  });
});

describe("hosts", () => {
  test("know who waits, each once", () => {
    const ada = { id: "w1", name: "Ada" };
    const state = after(
      start,
      { type: "waiting.joined", waiting: ada },
      { type: "waiting.joined", waiting: ada },
      { type: "waiting.joined", waiting: { id: "w2", name: "Ben", guest: false } },
    );
    expect(state.waiting).toEqual([
      { id: "w1", name: "Ada", guest: true },
      { id: "w2", name: "Ben", guest: false },
    ]);
    expect(after(state, { type: "waiting.left", waiting: "w1" }).waiting.map(({ id }) => id)).toEqual(["w2"]);
  });

  test("become and cease to be", () => {
    const waiting = [{ id: "w1", name: "Ada" }];
    const host = after(start, { type: "rights.updated", rights: { moderate: true }, waiting });
    expect(host.rights).toEqual({ publish: true, chat: true, moderate: true });
    expect(host.waiting).toHaveLength(1);
    const guest = after(host, { type: "rights.updated", rights: { chat: false } });
    expect(guest).toMatchObject({ rights: { publish: true, chat: false, moderate: false }, waiting: [] });
  });
});

test("hands are in the order of raising", () => {
  const hand = (participant: string, raised: boolean): EventBody => ({
    type: "participant.updated",
    participant,
    name: participant,
    connection: "connected",
    hand: raised,
  });
  const both = after(start, hand("me", true), hand("a", true), hand("me", true));
  expect(both.hands).toEqual(["me", "a"]);
  expect(after(both, hand("me", false), hand("me", true)).hands).toEqual(["a", "me"]);
  expect(after(both, { type: "participant.left", participant: "me", why: "left" }).hands).toEqual(["a"]);
});

test("the featured one is the other who speaks, and stays until another speaks alone", () => {
  const speak = (...participants: string[]): EventBody => ({ type: "speakers", participants });
  const state = after(start, speak("me"));
  expect(state.featured).toBeNull();
  expect(after(state, speak("a"), speak("b", "a")).featured).toBe("a");
  expect(after(state, speak("a"), speak()).featured).toBe("a");
  expect(after(state, speak("a"), speak("b")).featured).toBe("b");
  expect(after(state, speak("a"), { type: "participant.left", participant: "a", why: "lost" }).featured).toBeNull();
});

test("a changed room is the room", () => {
  const room = { id: "room", code: "code", title: "New", locked: true };
  expect(after(start, { type: "room.updated", room }).room).toMatchObject({ title: "New", locked: true, chat: true });
});

test("what only passes leaves the state as it is", () => {
  expect(after(start, { type: "reaction", participant: "a", emoji: "x" }, { type: "bye", why: "left" })).toBe(start);
});

test("what a newer server may say is not understood, and does no harm", () => {
  expect(after(start, { type: "fireworks" } as unknown as EventBody)).toBe(start);
});

test("a newcomer is told whose connection is not good", () => {
  const poor = { ...participant("a", "Ada"), quality: "poor" as const };
  const state = fromWelcome(welcome({ participants: [poor, participant("b", "Ben")] }));
  expect(state.quality).toEqual({ a: { level: "poor", loss: null, roundTripMs: null } });
});
