import { useCallback, useEffect, useRef, useState } from "react";
import type { Call } from "../client/call";
import type { EventBody } from "../client/signaling";
import { type CallState, findParticipant } from "../client/state";

const SHOWN_MS = 5000;
const MOST_NOTICES = 4;

export interface Notice {
  id: number;
  text: string;
}

/** Notices of what happens in the call, each for some seconds, and a way to add one's own. */
export function useNotices(call: Call): [readonly Notice[], (text: string) => void] {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const nextId = useRef(1);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());

  const add = useCallback((text: string) => {
    const id = nextId.current++;
    setNotices((before) => [...before, { id, text }].slice(-MOST_NOTICES));
    const timer = setTimeout(() => {
      timers.current.delete(timer);
      setNotices((before) => before.filter((notice) => notice.id !== id));
    }, SHOWN_MS);
    timers.current.add(timer);
  }, []);

  useEffect(() => {
    const running = timers.current;
    const stop = call.onEvent((event, before) => {
      const text = noticeText(event, before);
      if (text !== null) add(text);
    });
    return () => {
      stop();
      for (const timer of running) clearTimeout(timer);
    };
  }, [call, add]);

  return [notices, add];
}

/** What to say of an event, given the state before it; null: nothing. */
export function noticeText(event: EventBody, before: CallState): string | null {
  switch (event.type) {
    case "participant.joined":
      return `${event.participant.name} joined`;
    case "participant.left": {
      const name = findParticipant(before, event.participant)?.name;
      if (name === undefined || event.participant === before.you) return null;
      return event.why === "lost" ? `${name} lost the connection` : `${name} left`;
    }
    case "participant.updated": {
      const participant = findParticipant(before, event.participant);
      if (participant === undefined || participant.id === before.you) return null;
      if (event.hand && !participant.hand) return `${event.name} raised a hand`;
      if (event.connection === "lost" && participant.connection !== "lost") return `Connection to ${event.name} lost`;
      if (event.connection === "connected" && participant.connection === "lost") return `${event.name} is back`;
      return null;
    }
    case "publication.added": {
      const { source, participant } = event.publication;
      if (source !== "screen" || participant === before.you) return null;
      return `${findParticipant(before, participant)?.name ?? "Someone"} shares a screen`;
    }
    default:
      return null;
  }
}
