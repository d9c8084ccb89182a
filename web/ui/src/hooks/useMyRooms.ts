import { useCallback, useEffect, useState } from "react";
import { myRooms, participants } from "../api/rooms";
import type { RoomDetails, RoomParticipant } from "../client/httpTypes";

const EVERY_MS = 4000;

/** In how many rooms one looks who is inside. */
const MOST_LOOKED_INTO = 12;

export interface MyRooms {
  /** null: not known yet. */
  rooms: readonly RoomDetails[] | null;
  /** Who is in rooms where somebody is, by the room's id. */
  people: Readonly<Record<string, readonly RoomParticipant[]>>;
  /** The server did not answer the last time. */
  stale: boolean;
}

/** One's rooms, asked for again and again while the page can be seen, and at once by `refresh`. */
export function useMyRooms(): MyRooms & { refresh: () => void } {
  const [state, setState] = useState<MyRooms>({ rooms: null, people: {}, stale: false });
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let newest = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      const order = ++newest;
      const found = await lookUp();
      // Something was asked since, or nobody is here any more.
      if (order !== newest) return;
      setState((before) => found ?? { ...before, stale: true });
      if (document.visibilityState === "visible") timer = setTimeout(() => void look(), EVERY_MS);
    };
    const seen = (): void => {
      if (document.visibilityState === "visible") void look();
      else clearTimeout(timer);
    };
    document.addEventListener("visibilitychange", seen);
    void look();
    return () => {
      newest++;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [asked]);
  return { ...state, refresh: useCallback(() => setAsked((count) => count + 1), []) };
}

async function lookUp(): Promise<MyRooms | null> {
  try {
    const rooms = await myRooms();
    const busy = rooms.filter((room) => room.participants > 0).slice(0, MOST_LOOKED_INTO);
    const found = await Promise.all(busy.map((room) => participants(room.id).catch((): RoomParticipant[] => [])));
    return {
      rooms,
      people: Object.fromEntries(busy.map((room, index) => [room.id, found[index] ?? []])),
      stale: false,
    };
  } catch {
    return null;
  }
}
