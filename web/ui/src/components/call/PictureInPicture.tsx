import { Mic, MicOff, PhoneOff, Video, VideoOff } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { type CallState, findParticipant, findPublication } from "../../client/state";
import { useCallParts, useCallState, useMedia } from "../../hooks/useCallContext";
import { useElementSize } from "../../hooks/useElementSize";
import { useFeatured } from "../../hooks/useFeatured";
import { useFreshPicture } from "../../hooks/useFreshPicture";
import { useTrack } from "../../hooks/useMediaElement";
import { useSelector } from "../../hooks/useSelector";
import { useSlotPicture } from "../../hooks/useSlotPicture";
import { cn } from "../../lib/cn";
import { Avatar } from "../ui/Avatar";

/** The call in its small window, as long as that is open. */
export function PictureInPicture() {
  const { picture } = useCallParts();
  const window = useSelector(picture, (open) => open);
  useEffect(() => () => picture.close(), [picture]);
  return window === null ? null : createPortal(<SmallCall />, window.document.body);
}

/** A shared screen, else who spoke last, else anyone else. */
function shownOf(state: CallState, featured: string | null): string | null {
  const others = state.participants.filter(({ id }) => id !== state.you);
  const screen = others.find((participant) => findPublication(participant, "screen") !== null);
  return (screen ?? others.find(({ id }) => id === featured) ?? others[0])?.id ?? null;
}

function SmallCall() {
  const { t } = useTranslation("call");
  const { call, media } = useCallParts();
  const featured = useFeatured();
  const shown = useCallState((state) => shownOf(state, featured));
  const microphone = useMedia((state) => state.microphone.on);
  const camera = useMedia((state) => state.camera.on);
  return (
    <div className="small-call">
      {shown === null ? (
        <p className="m-auto p-4 text-quiet">{t("alone.title")}</p>
      ) : (
        <SmallPicture participant={shown} />
      )}
      <div className="small-call-bar">
        <button
          type="button"
          className={cn("small-call-button", !microphone && "small-call-off")}
          aria-label={t(microphone ? "bar.mute" : "bar.unmute")}
          onClick={() => void media.setMicrophone(!microphone)}
        >
          {microphone ? <Mic aria-hidden /> : <MicOff aria-hidden />}
        </button>
        <button
          type="button"
          className={cn("small-call-button", !camera && "small-call-off")}
          aria-label={t(camera ? "bar.cameraOff" : "bar.cameraOn")}
          onClick={() => void media.setCamera(!camera)}
        >
          {camera ? <Video aria-hidden /> : <VideoOff aria-hidden />}
        </button>
        <button
          type="button"
          className="small-call-button small-call-leave"
          aria-label={t("bar.leave")}
          onClick={() => call.leave()}
        >
          <PhoneOff aria-hidden />
        </button>
      </div>
    </div>
  );
}

function SmallPicture({ participant: id }: { participant: string }) {
  const { view } = useCallParts();
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const { height } = useElementSize(frame);
  const participant = useCallState(useCallback((state) => findParticipant(state, id), [id]));
  const publication = findPublication(participant, "screen") ?? findPublication(participant, "camera");
  const slot = useSlotPicture(publication?.id ?? null);
  const flowing = slot !== null && !slot.paused && publication?.muted === false;
  useTrack(video, slot?.track ?? null);
  const pictured = useFreshPicture(video, flowing ? slot.track : null, slot?.since ?? 0) && flowing;
  const wanted = publication?.id ?? null;
  useEffect(() => {
    view.setElsewhere(wanted === null || height === 0 ? new Map() : new Map([[wanted, height]]));
    return () => view.setElsewhere(new Map());
  }, [view, wanted, height]);
  if (participant === undefined) return null;
  return (
    <div ref={frame} className="small-call-picture">
      <video
        ref={video}
        className={cn(
          "tile-video",
          !pictured && "tile-video-hidden",
          publication?.source === "screen" && "tile-video-whole",
        )}
        playsInline
        muted
      />
      {!pictured && (
        <span className="tile-avatar">
          <Avatar name={participant.name} colour={participant.colour} picture={participant.avatar} size="fill" />
        </span>
      )}
      <span className="tile-label">
        <span className="tile-name">{participant.name}</span>
      </span>
    </div>
  );
}
