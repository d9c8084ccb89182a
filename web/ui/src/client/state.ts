import { type ChatLog, chatFromWelcome, NO_CHAT, withMessage, withoutMessage } from "./chat";
import type { Ended } from "./ending";
import {
  type Participant as WireParticipant,
  type ParticipantUpdated,
  type Publication,
  type Quality,
  type Rights as WireRights,
  ROOM_DEFAULTS,
  type Room as WireRoom,
  type SlotChanged,
  type Waiting as WireWaiting,
  type Welcome,
} from "./protocol";
import type { EventBody } from "./signaling";
import type { TriedWay } from "./ways";

export type { EndReason, Ended } from "./ending";

/** waiting: a host has to let one in. */
export type Phase = "idle" | "connecting" | "waiting" | "connected" | "reconnecting" | "ended";

export type Participant = Required<WireParticipant>;
export type Rights = Required<WireRights>;
export type Room = Required<WireRoom>;
export type Waiting = Required<WireWaiting>;

/** What a video slot carries, as the server says; `since` is when (performance time) it began to be for this one. */
export interface SlotState {
  publication: string;
  layer: string | null;
  paused: boolean;
  why: SlotChanged["why"];
  since: number;
}

export interface ConnectionQuality {
  level: Quality["quality"];
  /** Share of packets lost, the worse of both directions; null: not known yet. */
  loss: number | null;
  roundTripMs: number | null;
}

/** Everything that a page shows of a call. Never changed, only replaced: what is the same object is the same. */
export interface CallState {
  phase: Phase;
  ended: Ended | null;
  room: Room | null;
  /** One's own id. */
  you: string | null;
  rights: Rights;
  /** All in the room, oneself first, then in the order of coming in. */
  participants: readonly Participant[];
  /** Who waits to be let in; hosts know. */
  waiting: readonly Waiting[];
  /** Whose hand is up, in the order of raising. */
  hands: readonly string[];
  slots: Readonly<Record<string, SlotState>>;
  /** The tracks of the negotiated slots, by mid. */
  videoTracks: Readonly<Record<string, MediaStreamTrack>>;
  audioTracks: Readonly<Record<string, MediaStreamTrack>>;
  chat: ChatLog;
  /** Who speaks now, loudest first. */
  speakers: readonly string[];
  /** The other one who spoke last, and is shown large where one is. */
  featured: string | null;
  quality: Readonly<Record<string, ConnectionQuality>>;
  /** True while media arrives from the relay, be it only its reports. */
  mediaConnected: boolean;
  /** The ways that media doesn't get through although the server can be reached; null while all is well. */
  mediaBlocked: readonly TriedWay[] | null;
}

export const IDLE: CallState = {
  phase: "idle",
  ended: null,
  room: null,
  you: null,
  rights: { publish: true, chat: true, moderate: false },
  participants: [],
  waiting: [],
  hands: [],
  slots: {},
  videoTracks: {},
  audioTracks: {},
  chat: NO_CHAT,
  speakers: [],
  featured: null,
  quality: {},
  mediaConnected: false,
  mediaBlocked: null,
};

export function fromWelcome(welcome: Welcome): CallState {
  const others = welcome.participants.filter(({ id }) => id !== welcome.you.id);
  const participants = [welcome.you, ...others].map(complete);
  return {
    ...IDLE,
    phase: "connected",
    room: completeRoom(welcome.room),
    you: welcome.you.id,
    rights: { ...IDLE.rights, ...welcome.rights },
    participants,
    quality: Object.fromEntries(participants.flatMap(qualityOf)),
    waiting: (welcome.waiting ?? []).map(completeWaiting),
    hands: participants.filter(({ hand }) => hand).map(({ id }) => id),
    chat: chatFromWelcome(welcome.chat, welcome.chat_gaps),
  };
}

/** The state after an event. `now` is performance time, milliseconds. */
export function applyEvent(state: CallState, event: EventBody, now: number): CallState {
  switch (event.type) {
    case "participant.joined":
      return withJoined(state, complete(event.participant));
    case "participant.updated":
      return withHand(
        withParticipant(state, event.participant, (participant) => updated(participant, event)),
        event.participant,
        event.hand,
      );
    case "participant.left":
      return withoutParticipant(state, event.participant);
    case "publication.added":
    case "publication.updated":
      return withPublication(state, event.publication);
    case "publications.muted":
      return withMuted(state, event.publications);
    case "publication.removed":
      return withoutPublication(state, event.publication);
    case "slot":
      return withSlot(state, event, now);
    case "speakers":
      return { ...state, speakers: event.participants, featured: featured(state, event.participants) };
    case "quality":
      return withQuality(state, event);
    case "chat":
      return { ...state, chat: withMessage(state.chat, event.message) };
    case "chat.deleted":
      return { ...state, chat: withoutMessage(state.chat, event.message) };
    case "room.updated":
      return { ...state, room: completeRoom(event.room) };
    case "rights.updated":
      return {
        ...state,
        rights: { ...IDLE.rights, ...event.rights },
        waiting: (event.waiting ?? []).map(completeWaiting),
      };
    case "waiting.joined":
      return { ...state, waiting: [...without(state.waiting, event.waiting.id), completeWaiting(event.waiting)] };
    case "waiting.left":
      return { ...state, waiting: without(state.waiting, event.waiting) };
    default:
      // What passes without a trace, and what a newer server may say.
      return state;
  }
}

const indexes = new WeakMap<readonly Participant[], ReadonlyMap<string, Participant>>();

/** Found by an index that is made once for each list: every tile asks, after every event. */
export function findParticipant({ participants }: CallState, id: string | null): Participant | undefined {
  if (id === null) return undefined;
  let index = indexes.get(participants);
  if (index === undefined) {
    index = new Map(participants.map((participant) => [participant.id, participant]));
    indexes.set(participants, index);
  }
  return index.get(id);
}

export function findPublication(
  participant: Participant | undefined,
  source: Publication["source"],
): Publication | null {
  return participant?.publications.find((publication) => publication.source === source) ?? null;
}

/** The slot that the server says carries `publication`. */
export function findSlot(state: CallState, publication: string): [mid: string, slot: SlotState] | undefined {
  for (const mid in state.slots) {
    const slot = state.slots[mid];
    if (slot?.publication === publication) return [mid, slot];
  }
  return undefined;
}

export function completeRoom(room: WireRoom): Room {
  return { ...ROOM_DEFAULTS, ...room };
}

function complete(participant: WireParticipant): Participant {
  return {
    person: "",
    quality: "good",
    hand: false,
    host: false,
    guest: true,
    avatar: null,
    colour: null,
    publications: [],
    ...participant,
  };
}

function completeWaiting(waiting: WireWaiting): Waiting {
  return { guest: true, ...waiting };
}

function without<Item extends { id: string }>(items: readonly Item[], id: string): readonly Item[] {
  return items.filter((item) => item.id !== id);
}

function updated(participant: Participant, { name, connection, hand, host }: ParticipantUpdated): Participant {
  return { ...participant, name, connection, hand, host: host ?? false };
}

/** Who speaks on stays; only when they stop is it the next one's turn, so that the picture does not flicker. */
function featured(state: CallState, speakers: readonly string[]): string | null {
  if (state.featured !== null && speakers.includes(state.featured)) return state.featured;
  return speakers.find((speaker) => speaker !== state.you) ?? state.featured;
}

/** Whether nobody else is in the room, as far as one can know: not while signaling is lost. */
export function isAlone({ phase, participants, you }: CallState): boolean {
  return phase === "connected" && participants.every(({ id }) => id === you);
}

function withJoined(state: CallState, participant: Participant): CallState {
  const known = state.participants.some(({ id }) => id === participant.id);
  const joined = known
    ? withParticipant(state, participant.id, () => participant)
    : { ...state, participants: [...state.participants, participant] };
  return withHand(joined, participant.id, participant.hand);
}

function withHand(state: CallState, id: string, raised: boolean): CallState {
  if (state.hands.includes(id) === raised) return state;
  return { ...state, hands: raised ? [...state.hands, id] : state.hands.filter((hand) => hand !== id) };
}

function withParticipant(state: CallState, id: string, change: (participant: Participant) => Participant): CallState {
  return { ...state, participants: state.participants.map((one) => (one.id === id ? change(one) : one)) };
}

function withoutParticipant(state: CallState, id: string): CallState {
  const quality = Object.fromEntries(Object.entries(state.quality).filter(([participant]) => participant !== id));
  const slots = Object.fromEntries(
    Object.entries(state.slots).filter(([, slot]) => participantOf(slot.publication) !== id),
  );
  return {
    ...state,
    participants: without(state.participants, id),
    hands: state.hands.filter((hand) => hand !== id),
    speakers: state.speakers.filter((speaker) => speaker !== id),
    featured: state.featured === id ? null : state.featured,
    quality,
    slots,
  };
}

const QUALITIES: ReadonlySet<string> = new Set<Quality["quality"]>(["good", "poor", "lost"]);

/** What a participant's description says of their connection, which is of note only if it isn't good. */
function qualityOf({ id, quality }: Participant): [string, ConnectionQuality][] {
  if (quality === "good" || !QUALITIES.has(quality)) return [];
  return [[id, { level: quality, loss: null, roundTripMs: null }]];
}

function withQuality(state: CallState, { participant, quality, loss, round_trip_ms }: Quality): CallState {
  // A later server may have more words for it than there are texts here.
  if (!QUALITIES.has(quality)) return state;
  const measured = { level: quality, loss, roundTripMs: round_trip_ms ?? null };
  return { ...state, quality: { ...state.quality, [participant]: measured } };
}

function withPublication(state: CallState, publication: Publication): CallState {
  return withParticipant(state, publication.participant, (participant) => {
    const known = participant.publications.some(({ id }) => id === publication.id);
    const publications = known
      ? participant.publications.map((one) => (one.id === publication.id ? publication : one))
      : [...participant.publications, publication];
    return { ...participant, publications };
  });
}

function withMuted(state: CallState, ids: readonly string[]): CallState {
  const muted = new Set(ids);
  const participants = state.participants.map((participant) =>
    participant.publications.some(({ id }) => muted.has(id))
      ? {
          ...participant,
          publications: participant.publications.map((publication) =>
            muted.has(publication.id) ? { ...publication, muted: true } : publication,
          ),
        }
      : participant,
  );
  return { ...state, participants };
}

function withoutPublication(state: CallState, id: string): CallState {
  return withParticipant(state, participantOf(id), (participant) => ({
    ...participant,
    publications: participant.publications.filter((publication) => publication.id !== id),
  }));
}

function withSlot(state: CallState, event: SlotChanged, now: number): CallState {
  const { slot: mid, publication, layer = null, paused = false, why = null } = event;
  const before = state.slots[mid];
  if (publication === null) {
    return { ...state, slots: Object.fromEntries(Object.entries(state.slots).filter(([key]) => key !== mid)) };
  }
  const since = before?.publication === publication ? before.since : now;
  return { ...state, slots: { ...state.slots, [mid]: { publication, layer, paused, why, since } } };
}

/** A publication's id is its participant's and its source, joined by a full stop. */
function participantOf(publication: string): string {
  return publication.slice(0, publication.lastIndexOf("."));
}
