import { useEffect, useState } from "react";
import type { Call } from "../client/call";

const SHOWN_MS = 4000;

/** The passing reaction of each participant, by id. */
export function useReactions(call: Call): Readonly<Record<string, string>> {
  const [reactions, setReactions] = useState<Readonly<Record<string, string>>>({});
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const stop = call.onEvent((event) => {
      if (event.type !== "reaction") return;
      const { participant, emoji } = event;
      setReactions((before) => ({ ...before, [participant]: emoji }));
      clearTimeout(timers.get(participant));
      const hide = (): void =>
        setReactions((before) => Object.fromEntries(Object.entries(before).filter(([key]) => key !== participant)));
      timers.set(participant, setTimeout(hide, SHOWN_MS));
    });
    return () => {
      stop();
      for (const timer of timers.values()) clearTimeout(timer);
    };
  }, [call]);
  return reactions;
}
