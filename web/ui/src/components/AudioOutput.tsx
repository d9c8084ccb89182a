import { useCallback, useRef, useState } from "react";
import { useTrack } from "../hooks/useMediaElement";

interface SlotAudioProps {
  track: MediaStreamTrack;
  refused: () => void;
}

function SlotAudio({ track, refused }: SlotAudioProps) {
  const audio = useRef<HTMLAudioElement>(null);
  useTrack(audio, track, refused);
  return <audio ref={audio} />;
}

/** Plays every audio slot: the relay decides who is in them. */
export function AudioOutput({ tracks }: { tracks: Readonly<Record<string, MediaStreamTrack>> }) {
  const output = useRef<HTMLDivElement>(null);
  const [blocked, setBlocked] = useState(false);
  const refused = useCallback(() => setBlocked(true), []);
  const play = (): void => {
    setBlocked(false);
    for (const audio of output.current?.querySelectorAll("audio") ?? []) audio.play().catch(refused);
  };
  return (
    <div ref={output} className="audio-output">
      {Object.entries(tracks).map(([mid, track]) => (
        <SlotAudio key={mid} track={track} refused={refused} />
      ))}
      {blocked && (
        <button type="button" className="button button-primary" onClick={play}>
          Click to hear
        </button>
      )}
    </div>
  );
}
