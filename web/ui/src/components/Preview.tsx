import { useRef } from "react";
import type { LocalMedia, MediaState } from "../client/media";
import { useTrack } from "../hooks/useMediaElement";
import { DeviceButtons } from "./DeviceButtons";
import { LevelMeter } from "./LevelMeter";

interface PreviewProps {
  media: LocalMedia;
  state: MediaState;
}

/** Oneself, before anyone else sees. */
export function Preview({ media, state }: PreviewProps) {
  const video = useRef<HTMLVideoElement>(null);
  const { microphone, camera } = state;
  useTrack(video, camera.track);
  return (
    <div className="preview">
      <div className="preview-picture">
        <video ref={video} className="tile-video mirrored" aria-label="Your camera" playsInline muted />
        {camera.track === null && <p>{camera.on ? "Opening the camera…" : "Camera is off"}</p>}
        <div className="preview-controls">
          <DeviceButtons media={media} state={state} />
        </div>
      </div>
      <LevelMeter track={microphone.on ? microphone.track : null} />
    </div>
  );
}
