import { useLevel } from "../hooks/useLevel";

/** Shows that the microphone hears something. */
export function LevelMeter({ track }: { track: MediaStreamTrack | null }) {
  const level = useLevel(track);
  return (
    <div
      className="level"
      role="meter"
      aria-label="Microphone level"
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={Math.round(level * 10) / 10}
    >
      <div className="level-bar" style={{ transform: `scaleX(${level})` }} />
    </div>
  );
}
