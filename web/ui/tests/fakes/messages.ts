import type { ChatMessage, Participant, Publication, Welcome } from "../../src/client/protocol";

export function publication(participant: string, source: Publication["source"], muted = false): Publication {
  const kind = source === "camera" || source === "screen" ? "video" : "audio";
  return { id: `${participant}.${source}`, participant, source, kind, muted, width: null, height: null };
}

export function participant(id: string, name = id, publications: Publication[] = []): Participant {
  return {
    id,
    person: "",
    name,
    connection: "connected",
    hand: false,
    host: false,
    guest: true,
    avatar: null,
    colour: null,
    publications,
  };
}

export function welcome(change: Partial<Welcome> = {}): Welcome {
  return {
    type: "welcome",
    you: participant("me", "Me"),
    rights: { publish: true, chat: true, moderate: false },
    room: { id: "room", code: "code", title: "Room" },
    participants: [],
    chat: [],
    ice_servers: [],
    slots: { audio: 1, video: 2 },
    resume_token: "resume-1",
    resume_seconds: 30,
    last_event: 0,
    ...change,
  };
}

export function chatMessage(id: number, change: Partial<ChatMessage> = {}): ChatMessage {
  return { id, sender: "a", sender_name: "Ada", text: `message ${id}`, sent_at: id, ...change };
}
