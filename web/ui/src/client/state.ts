import type {
  ChatMessage,
  Participant as WireParticipant,
  ParticipantUpdated,
  Publication,
  Quality,
  Rights,
  Room,
  SlotChanged,
  Welcome,
} from "./protocol";
import type { EventBody } from "./signaling";

export type Phase = "idle" | "connecting" | "connected" | "reconnecting" | "ended";

/** Why a call is over; `failed` is the only one that is an error. */
export type EndReason = "left" | "replaced" | "room_closed" | "failed";

export type Participant = Required<WireParticipant>;

/** What a video slot carries, as the server says; `since` is when (performance time) it began to be for this one. */
export interface SlotState {
  publication: string;
  layer: string | null;
  paused: boolean;
  why: SlotChanged["why"];
  since: number;
}

/** Everything that a page shows of a call. Never changed, only replaced. */
export interface CallState {
  phase: Phase;
  ended: { why: EndReason; message: string | null } | null;
  room: Room | null;
  /** One's own id. */
  you: string | null;
  rights: Required<Rights>;
  /** All in the room, oneself first, then in the order of coming in. */
  participants: readonly Participant[];
  slots: Readonly<Record<string, SlotState>>;
  /** The tracks of the negotiated slots, by mid. */
  videoTracks: Readonly<Record<string, MediaStreamTrack>>;
  audioTracks: Readonly<Record<string, MediaStreamTrack>>;
  chat: readonly ChatMessage[];
  /** Who speaks now, loudest first. */
  speakers: readonly string[];
  quality: Readonly<Record<string, Quality["quality"]>>;
  /** False: the browser has no path for media to the relay at present. */
  mediaConnected: boolean;
}

export const IDLE: CallState = {
  phase: "idle",
  ended: null,
  room: null,
  you: null,
  rights: { publish: true, chat: true, moderate: false },
  participants: [],
  slots: {},
  videoTracks: {},
  audioTracks: {},
  chat: [],
  speakers: [],
  quality: {},
  mediaConnected: false,
};

const MOST_CHAT_MESSAGES = 1000;

export function fromWelcome(welcome: Welcome): CallState {
  const others = welcome.participants.filter(({ id }) => id !== welcome.you.id);
  return {
    ...IDLE,
    phase: "connected",
    room: welcome.room,
    you: welcome.you.id,
    rights: { ...IDLE.rights, ...welcome.rights },
    participants: [welcome.you, ...others].map(complete),
    chat: welcome.chat,
  };
}

/** The state after an event. `now` is performance time, milliseconds. */
export function applyEvent(state: CallState, event: EventBody, now: number): CallState {
  switch (event.type) {
    case "participant.joined":
      return withJoined(state, complete(event.participant));
    case "participant.updated":
      return withParticipant(state, event.participant, (participant) => updated(participant, event));
    case "participant.left":
      return withoutParticipant(state, event.participant);
    case "publication.added":
    case "publication.updated":
      return withPublication(state, event.publication);
    case "publication.removed":
      return withoutPublication(state, event.publication);
    case "slot":
      return withSlot(state, event, now);
    case "speakers":
      return { ...state, speakers: event.participants };
    case "quality":
      return { ...state, quality: { ...state.quality, [event.participant]: event.quality } };
    case "chat":
      return withChat(state, event.message);
    case "reaction":
    case "bye":
      return state;
  }
}

export function findParticipant(state: CallState, id: string | null): Participant | undefined {
  return state.participants.find((participant) => participant.id === id);
}

/** The slot that the server says carries `publication`. */
export function findSlot(state: CallState, publication: string): [mid: string, slot: SlotState] | undefined {
  return Object.entries(state.slots).find(([, slot]) => slot.publication === publication);
}

function complete(participant: WireParticipant): Participant {
  return { ...participant, hand: participant.hand ?? false, publications: participant.publications ?? [] };
}

function updated(participant: Participant, { name, connection, hand }: ParticipantUpdated): Participant {
  return { ...participant, name, connection, hand };
}

function withJoined(state: CallState, participant: Participant): CallState {
  const known = state.participants.some(({ id }) => id === participant.id);
  if (known) return withParticipant(state, participant.id, () => participant);
  return { ...state, participants: [...state.participants, participant] };
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
    participants: state.participants.filter((participant) => participant.id !== id),
    speakers: state.speakers.filter((speaker) => speaker !== id),
    quality,
    slots,
  };
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

function withChat(state: CallState, message: ChatMessage): CallState {
  if (state.chat.some(({ id }) => id === message.id)) return state;
  return { ...state, chat: [...state.chat, message].slice(-MOST_CHAT_MESSAGES) };
}

/** A publication's id is its participant's and its source, joined by a full stop. */
function participantOf(publication: string): string {
  return publication.slice(0, publication.lastIndexOf("."));
}
