import { useEffect, useState } from "react";
import { dropMark } from "../client/backGuard";
import type { Call } from "../client/call";
import { CallView } from "../client/callView";
import { type Ended, endOfRefusal } from "../client/ending";
import { ApiError } from "../client/http";
import type { LocalMedia } from "../client/media";
import { Part } from "../components/Part";
import { useCall } from "../hooks/useCall";
import { useLocalMedia } from "../hooks/useLocalMedia";
import { useSelector } from "../hooks/useSelector";
import { errorText } from "../i18n/errors";
import { CallPage } from "./CallPage";
import { Left } from "./Left";
import { PreJoin } from "./PreJoin";
import { WaitingPage } from "./WaitingPage";
import "../styles/call.css";
import "../styles/door.css";
import "../styles/panels.css";
import "../styles/stage.css";

/** A room, from the look into the mirror to the good-bye. */
export function RoomPage({ code }: { code: string }) {
  const [visit, setVisit] = useState(0);
  // Of a call that was reloaded.
  useEffect(dropMark, []);
  return <Visit key={visit} code={code} onAgain={() => setVisit(visit + 1)} />;
}

interface VisitProps {
  code: string;
  /** From the beginning. */
  onAgain: () => void;
}

function Visit({ code, onAgain }: VisitProps) {
  const media = useLocalMedia();
  return media === null ? null : <VisitWithMedia code={code} media={media} onAgain={onAgain} />;
}

function VisitWithMedia({ media, ...rest }: VisitProps & { media: LocalMedia }) {
  const call = useCall(media);
  return call === null ? null : <VisitWithCall call={call} media={media} {...rest} />;
}

interface VisitWithCallProps extends VisitProps {
  call: Call;
  media: LocalMedia;
}

function VisitWithCall({ code, call, media, onAgain }: VisitWithCallProps) {
  const phase = useSelector(call, (state) => state.phase);
  const ended = useSelector(call, (state) => state.ended);
  // It stays where one has to wait again in the middle of a call, with what was being written.
  const [ui] = useState(() => new CallView());
  const [problem, setProblem] = useState<string | null>(null);
  const [nameRefused, setNameRefused] = useState(false);
  const [refused, setRefused] = useState<Ended | null>(null);

  const end = refused ?? ended;
  useEffect(() => {
    // Nobody is to be seen or heard any more: the light of the camera goes out.
    if (end !== null) media.close();
  }, [end, media]);

  const join = (name: string | null): void => {
    setProblem(null);
    setNameRefused(false);
    call.join(code, name).catch((error: unknown) => {
      const refusal = endOfRefusal(error);
      if (refusal !== null && refusal.why !== "failed") setRefused(refusal);
      else if (error instanceof ApiError && error.fields.name !== undefined) setNameRefused(true);
      else setProblem(errorText(error));
    });
  };

  if (end !== null) return <Left ended={end} onAgain={onAgain} />;
  switch (phase) {
    case "connected":
    case "reconnecting":
      return (
        <Part>
          <CallPage call={call} media={media} ui={ui} code={code} />
        </Part>
      );
    case "waiting":
      return <WaitingPage call={call} media={media} />;
    default:
      return (
        <PreJoin
          code={code}
          media={media}
          joining={phase === "connecting"}
          problem={problem}
          nameRefused={nameRefused}
          onJoin={join}
          onRefused={setRefused}
        />
      );
  }
}
