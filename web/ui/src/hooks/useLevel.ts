import { useEffect } from "react";
import { watchLevel } from "../client/level";

/** Calls `show` with how loud a microphone is, from 0 to 1: too often to draw a component anew each time. */
export function useLevel(track: MediaStreamTrack | null, show: (level: number) => void): void {
  useEffect(() => {
    if (track === null) return;
    const stop = watchLevel(track, show);
    return () => {
      stop();
      show(0);
    };
  }, [track, show]);
}
