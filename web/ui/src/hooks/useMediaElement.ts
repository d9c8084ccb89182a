import { type RefObject, useEffect } from "react";

/** Plays a track in a media element. `refused` is called where the browser demands a click first. */
export function useTrack(
  ref: RefObject<HTMLMediaElement | null>,
  track: MediaStreamTrack | null,
  refused?: () => void,
): void {
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    element.srcObject = track === null ? null : new MediaStream([track]);
    if (track === null) return;
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") refused?.();
    });
    return () => {
      element.srcObject = null;
    };
  }, [ref, track, refused]);
}
