import { useRef } from "react";
import { type CallState, findSlot } from "../client/state";
import { useFreshPicture } from "../hooks/useFreshPicture";
import { useTrack } from "../hooks/useMediaElement";
import { useReportedHeight } from "../hooks/useReportedHeight";
import type { TileModel } from "../hooks/useTiles";
import type { ReportHeight } from "../hooks/useWatch";
import { TileFrame, type TileMarks } from "./TileFrame";

interface RemoteTileProps {
  tile: TileModel;
  state: CallState;
  marks: TileMarks;
  report: ReportHeight;
}

/** Another person's camera or screen. */
export function RemoteTile({ tile, state, marks, report }: RemoteTileProps) {
  const frame = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const publication = tile.publication?.id ?? null;
  useReportedHeight(frame, publication, report);

  const [mid, slot] = (publication === null ? undefined : findSlot(state, publication)) ?? [null, null];
  const track = mid === null ? null : (state.videoTracks[mid] ?? null);
  const flowing = slot !== null && !slot.paused && tile.publication?.muted === false;
  useTrack(video, track);
  const pictured = useFreshPicture(video, flowing ? track : null, slot?.since ?? 0) && flowing;

  return (
    <TileFrame frame={frame} tile={tile} marks={marks} pictured={pictured}>
      <video
        ref={video}
        className={pictured ? "tile-video" : "tile-video tile-video-hidden"}
        data-participant={tile.participant.name}
        data-source={tile.source}
        aria-hidden="true"
        playsInline
        muted
      />
    </TileFrame>
  );
}
