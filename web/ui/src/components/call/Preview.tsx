import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { facesAway } from "../../client/devices";
import type { LocalMedia } from "../../client/media";
import { useTrack } from "../../hooks/useMediaElement";
import { useSelector } from "../../hooks/useSelector";
import { cn } from "../../lib/cn";
import { Avatar } from "../ui/Avatar";
import { DeviceButtons } from "./DeviceButtons";
import { LevelMeter } from "./LevelMeter";

interface PreviewProps {
  media: LocalMedia;
  /** For the picture that stands in for a camera that is off. */
  name: string;
  colour: string | null;
  picture: string | null;
}

/** Oneself, before anyone else sees. */
export function Preview({ media, name, colour, picture }: PreviewProps) {
  const { t } = useTranslation("call");
  const video = useRef<HTMLVideoElement>(null);
  const camera = useSelector(media, (state) => state.camera);
  const microphone = useSelector(media, (state) => (state.microphone.on ? state.microphone.track : null));
  const mirror = useSelector(media.preferences, (preferences) => preferences.mirror);
  useTrack(video, camera.track);
  return (
    <div className="preview">
      <video
        ref={video}
        className={cn(
          "tile-video",
          mirror && !facesAway(camera.track) && "mirrored",
          camera.track === null && "tile-video-hidden",
        )}
        aria-label={t("prejoin.preview")}
        playsInline
        muted
      />
      {camera.track === null && (
        <div className="preview-off">
          <span className="tile-avatar">
            <Avatar name={name.trim() === "" ? "?" : name} colour={colour} picture={picture} size="fill" />
          </span>
          <p role="status">{t(camera.on ? "prejoin.opening" : "prejoin.cameraOff")}</p>
        </div>
      )}
      <div className="preview-controls">
        <DeviceButtons media={media} size="lg" />
      </div>
      <div className="preview-level">
        <LevelMeter track={microphone} />
      </div>
    </div>
  );
}
