import { useEffect, useState } from "react";
import { ApiError } from "../client/api";
import type { LocalMedia } from "../client/media";
import { useCall } from "../hooks/useCall";
import { useLocalMedia } from "../hooks/useLocalMedia";
import { useSnapshot } from "../hooks/useSnapshot";
import type { Call } from "../client/call";
import { CallPage } from "./CallPage";
import { Left } from "./Left";
import { Message } from "./Message";
import { PreJoin } from "./PreJoin";

/** A room, from the look into the mirror to the good-bye. */
export function RoomPage({ code }: { code: string }) {
  const [visit, setVisit] = useState(0);
  return <Visit key={visit} code={code} onRejoin={() => setVisit(visit + 1)} />;
}

interface VisitProps {
  code: string;
  onRejoin: () => void;
}

function Visit({ code, onRejoin }: VisitProps) {
  const media = useLocalMedia();
  return media === null ? null : <VisitWithMedia code={code} media={media} onRejoin={onRejoin} />;
}

function VisitWithMedia({ media, ...rest }: VisitProps & { media: LocalMedia }) {
  const call = useCall(media);
  return call === null ? null : <VisitWithCall call={call} media={media} {...rest} />;
}

interface VisitWithCallProps extends VisitProps {
  call: Call;
  media: LocalMedia;
}

function VisitWithCall({ code, call, media, onRejoin }: VisitWithCallProps) {
  const state = useSnapshot(call);
  const [problem, setProblem] = useState<string | null>(null);
  const [unknown, setUnknown] = useState(false);

  const over = unknown || state.phase === "ended";
  useEffect(() => {
    // Nobody is to be seen or heard any more: the light of the camera goes out.
    if (over) media.close();
  }, [over, media]);

  const join = (name: string): void => {
    setProblem(null);
    call.join(code, name).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === "room_not_found") setUnknown(true);
      else setProblem(error instanceof Error ? error.message : "Joining failed. Try again.");
    });
  };

  if (unknown) {
    return (
      <Message
        title="There is no such room"
        text="The code may be mistyped, or the room is over. Ask for a new link, or create a room."
      />
    );
  }
  if (state.phase === "ended") return <Left ended={state.ended} onRejoin={onRejoin} />;
  if (state.phase === "connected" || state.phase === "reconnecting") {
    return <CallPage call={call} state={state} media={media} code={code} />;
  }
  return <PreJoin media={media} joining={state.phase === "connecting"} problem={problem} onJoin={join} />;
}
