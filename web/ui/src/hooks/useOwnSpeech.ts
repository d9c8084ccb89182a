import { useEffect } from "react";
import { watchLevel } from "../client/level";
import { OwnSpeech } from "../client/ownSpeech";
import { isAlone } from "../client/state";
import { type CallParts, useCallState, useMedia } from "./useCallContext";

/** Shows who is alone in the room as speaking: no sound is sent then, from which the server could tell. */
export function useOwnSpeech({ call }: Pick<CallParts, "call">): void {
  const alone = useCallState(isAlone);
  const track = useMedia(({ microphone }) => (microphone.on ? microphone.track : null));
  useEffect(() => {
    if (!alone || track === null) return;
    const speech = new OwnSpeech();
    const stop = watchLevel(track, (level) => call.hearMyself(speech.hear(level, performance.now())));
    return () => {
      stop();
      call.hearMyself(false);
    };
  }, [alone, track, call]);
}
