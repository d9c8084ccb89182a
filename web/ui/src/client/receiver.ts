import type { ChatMessage } from "./protocol";
import { type CallState, findParticipant, type Participant } from "./state";

/** Somebody to write to alone. Their participant id is another after a reload, a rejoin, or on another device. */
export interface Receiver {
  /** What they are known by from one id to the next; empty: an older server doesn't tell. */
  person: string;
  id: string;
  name: string;
}

export function receiverOf({ person, id, name }: Receiver): Receiver {
  return { person, id, name };
}

export function senderOf({ sender_person = "", sender, sender_name }: ChatMessage): Receiver {
  return { person: sender_person, id: sender, name: sender_name };
}

/** Stays the same as long as it is the same person under the same name. */
export function receiverKey(receiver: Receiver | null): string {
  if (receiver === null) return "";
  return receiver.person === "" ? receiver.id : `${receiver.person} ${receiver.name}`;
}

/** Who the receiver is now; undefined: not in the call. */
export function findReceiver(state: CallState, receiver: Receiver): Participant | undefined {
  const { participants, you } = state;
  const same = receiver.id === you ? undefined : findParticipant(state, receiver.id);
  if (same !== undefined || receiver.person === "") return same;
  // A guest under another name may be somebody else at the same browser: then it is for the writer to choose them.
  return participants.findLast(
    ({ id, person, guest, name }) => person === receiver.person && id !== you && (!guest || name === receiver.name),
  );
}

/** Everyone who can be written to: once, on however many devices they are. */
export function receivers({ participants, you }: CallState): Receiver[] {
  const found = new Map<string, Receiver>();
  for (const participant of participants) {
    const receiver = receiverOf(participant);
    if (participant.id !== you && !found.has(receiverKey(receiver))) found.set(receiverKey(receiver), receiver);
  }
  return [...found.values()];
}

/** What the server is asked to deliver to: the person, who may have another id by the time that a message gets through. */
export function addressOf(state: CallState, id: string): string {
  const addressed = findParticipant(state, id);
  if (addressed === undefined || addressed.person === "") return id;
  const { person, name } = addressed;
  // Guests at one browser are one person to the server.
  const alone = state.participants.every((one) => one.person !== person || one.name === name || one.id === state.you);
  return alone ? person : id;
}
