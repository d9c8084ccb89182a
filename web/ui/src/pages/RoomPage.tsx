import { useEffect, useState } from "react";
import type { Joiner } from "../client/api";
import { dropMark } from "../client/backGuard";
import type { Call } from "../client/call";
import { CallView } from "../client/callView";
import { type Ended, endOfRefusal, type EndReason } from "../client/ending";
import { ApiError } from "../client/http";
import type { LocalMedia } from "../client/media";
import { Part } from "../components/Part";
import { isAboutLink } from "../components/RoomProblem";
import { useCall } from "../hooks/useCall";
import { useLocalMedia } from "../hooks/useLocalMedia";
import { usePersonalLink } from "../hooks/usePersonalLink";
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
  const { token, drop } = usePersonalLink(code);
  // Of a call that was reloaded.
  useEffect(dropMark, []);
  const again = (why: EndReason): void => {
    if (isAboutLink(why)) drop();
    setVisit(visit + 1);
  };
  // With another link, somebody else has come.
  return <Visit key={`${visit} ${token ?? ""}`} code={code} link={token} onAgain={again} />;
}

interface VisitProps {
  code: string;
  /** The token of the personal link by which one has come. */
  link: string | null;
  /** From the beginning, after what has ended the visit before. */
  onAgain: (why: EndReason) => void;
}

function Visit(visit: VisitProps) {
  const media = useLocalMedia();
  return media === null ? null : <VisitWithMedia {...visit} media={media} />;
}

function VisitWithMedia({ media, ...rest }: VisitProps & { media: LocalMedia }) {
  const call = useCall(media);
  return call === null ? null : <VisitWithCall call={call} media={media} {...rest} />;
}

interface VisitWithCallProps extends VisitProps {
  call: Call;
  media: LocalMedia;
}

function VisitWithCall({ code, link, call, media, onAgain }: VisitWithCallProps) {
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

  const join = (joiner: Joiner): void => {
    setProblem(null);
    setNameRefused(false);
    call.join(code, joiner).catch((error: unknown) => {
      const refusal = endOfRefusal(error);
      if (refusal !== null && refusal.why !== "failed") setRefused(refusal);
      else if (error instanceof ApiError && error.fields.name !== undefined) setNameRefused(true);
      else setProblem(errorText(error));
    });
  };

  if (end !== null) return <Left ended={end} onAgain={() => onAgain(end.why)} />;
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
          link={link}
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
