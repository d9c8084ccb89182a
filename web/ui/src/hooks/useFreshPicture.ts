import { type RefObject, useEffect, useState } from "react";
import { onFrameAfter } from "../lib/videoFrames";

interface Showing {
  track: MediaStreamTrack;
  since: number;
}

/**
 * True once the element has presented a picture that arrived after `since`.
 *
 * A slot's track goes on when another person is put into it, so the element may still hold the last picture of the one
 * before; that picture must never stand above the new name.
 */
export function useFreshPicture(
  ref: RefObject<HTMLVideoElement | null>,
  track: MediaStreamTrack | null,
  since: number,
): boolean {
  const [shown, setShown] = useState<Showing | null>(null);
  useEffect(() => {
    const video = ref.current;
    if (video === null || track === null) return;
    const stop = onFrameAfter(video, since, () => setShown({ track, since }));
    return () => {
      stop();
      setShown(null);
    };
  }, [ref, track, since]);
  return shown !== null && shown.track === track && shown.since === since;
}
