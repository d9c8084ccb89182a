import { useRef } from "react";
import { useTrack } from "../hooks/useMediaElement";
import type { TileModel } from "../hooks/useTiles";
import { TileFrame, type TileMarks } from "./TileFrame";

interface OwnTileProps {
  tile: TileModel;
  track: MediaStreamTrack | null;
  marks: TileMarks;
}

/** One's own camera, mirrored as one knows oneself, or one's own screen. */
export function OwnTile({ tile, track, marks }: OwnTileProps) {
  const video = useRef<HTMLVideoElement>(null);
  useTrack(video, track);
  const classes = ["tile-video", tile.source === "camera" ? "mirrored" : "", track === null ? "tile-video-hidden" : ""];
  return (
    <TileFrame tile={tile} marks={marks} pictured={track !== null}>
      <video
        ref={video}
        className={classes.join(" ")}
        data-participant={tile.participant.name}
        data-source={tile.source}
        aria-hidden="true"
        playsInline
        muted
      />
    </TileFrame>
  );
}
