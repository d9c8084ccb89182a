import { Volume2 } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCallState, usePreference } from "../../hooks/useCallContext";
import { useTrack } from "../../hooks/useMediaElement";
import { Part } from "../Part";
import { Button } from "../ui/Button";

interface SlotAudioProps {
  track: MediaStreamTrack;
  speaker: string | null;
  refused: () => void;
}

function SlotAudio({ track, speaker, refused }: SlotAudioProps) {
  const audio = useRef<HTMLAudioElement>(null);
  useTrack(audio, track, refused);
  useEffect(() => {
    // Not in every browser; and a speaker that was unplugged is refused: then the sound stays where it is.
    const element: Partial<HTMLAudioElement> | null = audio.current;
    element?.setSinkId?.(speaker ?? "").catch(() => undefined);
  }, [speaker]);
  return <audio ref={audio} />;
}

/** Plays every audio slot: the relay decides who is in them. */
export function AudioOutput() {
  const { t } = useTranslation("call");
  const tracks = useCallState((state) => state.audioTracks);
  const speaker = usePreference((preferences) => preferences.speaker);
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
        <Part key={mid} floating>
          <SlotAudio track={track} speaker={speaker} refused={refused} />
        </Part>
      ))}
      {blocked && (
        <div role="alert" className="audio-blocked">
          <p>{t("audio.blocked")}</p>
          <Button look="primary" size="lg" icon={Volume2} onClick={play}>
            {t("audio.hear")}
          </Button>
        </div>
      )}
    </div>
  );
}
