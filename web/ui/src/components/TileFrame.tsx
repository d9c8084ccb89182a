import { Hand, MicOff, SignalLow, WifiOff } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import type { TileModel } from "../hooks/useTiles";
import { publicationOf } from "../hooks/useTiles";
import { Avatar } from "./Avatar";

export interface TileMarks {
  speaking: boolean;
  poor: boolean;
  reaction: string | undefined;
}

interface TileFrameProps {
  frame?: RefObject<HTMLDivElement | null>;
  tile: TileModel;
  marks: TileMarks;
  /** Whether the picture below is to be seen; else the avatar is. */
  pictured: boolean;
  children: ReactNode;
}

/** A tile without its picture: name, marks, avatar. */
export function TileFrame({ frame, tile, marks, pictured, children }: TileFrameProps) {
  const { participant, source, own } = tile;
  const name = own ? `${participant.name} (you)` : participant.name;
  const microphone = publicationOf(participant, "microphone");
  const silent = source === "camera" && (microphone === null || microphone.muted);
  const lost = participant.connection === "lost";
  const classes = ["tile", `tile-${source}`, marks.speaking && source === "camera" ? "tile-speaking" : ""];
  return (
    <div
      ref={frame}
      className={classes.join(" ")}
      role="group"
      aria-label={source === "screen" ? `Screen of ${name}` : name}
    >
      {children}
      {!pictured && <Avatar name={participant.name} />}
      {lost && <p className="tile-lost">Connection lost</p>}
      {marks.reaction !== undefined && source === "camera" && <span className="tile-reaction">{marks.reaction}</span>}
      <div className="tile-label">
        {silent && <MicOff size={16} aria-label="Microphone muted" />}
        <span className="tile-name">{source === "screen" ? `${name}: screen` : name}</span>
        {lost && <WifiOff size={16} aria-hidden="true" />}
        {marks.poor && !lost && <SignalLow size={16} aria-label="Poor connection" />}
      </div>
      {participant.hand && source === "camera" && (
        <span className="tile-hand">
          <Hand size={20} aria-label="Hand raised" />
        </span>
      )}
    </div>
  );
}
