import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Call } from "../client/call";
import type { CallView, Panel as PanelKind } from "../client/callView";
import type { LocalMedia } from "../client/media";
import { PictureWindow } from "../client/pictureWindow";
import { PassingReactions } from "../client/reactions";
import { View } from "../client/view";
import { keepAwake } from "../client/wakeLock";
import { AudioOutput } from "../components/call/AudioOutput";
import { CallBar } from "../components/call/CallBar";
import { CallDialogs } from "../components/call/CallDialogs";
import { ChatPanel } from "../components/call/ChatPanel";
import { DetailsPanel } from "../components/call/DetailsPanel";
import { MediaBlocked } from "../components/call/MediaBlocked";
import { Panel } from "../components/call/Panel";
import { PeoplePanel } from "../components/call/PeoplePanel";
import { PictureInPicture } from "../components/call/PictureInPicture";
import { ReactionLayer } from "../components/call/ReactionLayer";
import { Reconnecting } from "../components/call/Reconnecting";
import { Stage } from "../components/call/Stage";
import { Part } from "../components/Part";
import { CallContext, type CallParts, useCallParts, useCallState, useCallView } from "../hooks/useCallContext";
import { useBackGuard } from "../hooks/useBackGuard";
import { useCallNotices } from "../hooks/useCallNotices";
import { useDeviceNotices } from "../hooks/useDeviceNotices";
import { useMediaQuery } from "../hooks/useMediaQuery";
import { useMutedSpeech } from "../hooks/useMutedSpeech";
import { useOwnSpeech } from "../hooks/useOwnSpeech";
import { useSelector } from "../hooks/useSelector";
import { useShortcuts } from "../hooks/useShortcuts";
import { useWatching } from "../hooks/useStage";
import { useTitle } from "../hooks/useTitle";
import { useUnread } from "../hooks/useUnread";

/** Room for a panel beside the pictures. */
const BESIDE = "(min-width: 640px)";

interface CallPageProps {
  call: Call;
  media: LocalMedia;
  ui: CallView;
  code: string;
}

export function CallPage({ call, media, ui, code }: CallPageProps) {
  const [parts] = useState<CallParts>(() => ({
    call,
    media,
    code,
    ui,
    view: new View((wanted) => call.watch(wanted)),
    reactions: new PassingReactions(),
    picture: new PictureWindow(),
  }));
  return (
    <CallContext value={parts}>
      <RunningCall parts={parts} />
    </CallContext>
  );
}

/** What happens beside drawing, each by itself: one that fails keeps nothing from the others. */
const COMPANIONS: readonly ((props: { parts: CallParts }) => null)[] = [
  function Watching({ parts: { view, media } }) {
    const preferences = useSelector(media.preferences, (all) => all);
    useWatching(view, preferences);
    return null;
  },
  function Notices({ parts }) {
    useCallNotices(parts);
    return null;
  },
  function DeviceNotices({ parts }) {
    useDeviceNotices(parts.media);
    return null;
  },
  function MutedSpeech({ parts }) {
    useMutedSpeech(parts);
    return null;
  },
  function OwnSpeech({ parts }) {
    useOwnSpeech(parts);
    return null;
  },
  function Shortcuts({ parts }) {
    useShortcuts(parts);
    return null;
  },
  function Back({ parts }) {
    useBackGuard(parts.ui);
    return null;
  },
  function Awake() {
    useEffect(keepAwake, []);
    return null;
  },
  function Reactions({ parts: { reactions, call } }) {
    useEffect(() => reactions.follow(call), [reactions, call]);
    return null;
  },
];

function useTitleOfCall(): string {
  const { t } = useTranslation("call");
  const title = useCallState(({ room }) => room?.title ?? "");
  return title === "" ? t("stage.label") : title;
}

/** Whatever of it fails, the rest of the call goes on. */
function RunningCall({ parts }: { parts: CallParts }) {
  const panel = useCallView((state) => state.panel);
  const beside = useMediaQuery(BESIDE);
  const covered = panel !== null && !beside;
  useEffect(() => markCall(covered), [covered]);
  const title = useTitleOfCall();
  return (
    <div className="call">
      <h1 className="sr-only">{title}</h1>
      {[Reconnecting, MediaBlocked, AudioOutput, CallDialogs, PictureInPicture].map((Above, index) => (
        <Part key={index} floating>
          <Above />
        </Part>
      ))}
      {COMPANIONS.map((Companion, index) => (
        <Part key={index} floating>
          <Companion parts={parts} />
        </Part>
      ))}
      <div className="call-body">
        <Part className="stage">
          <Stage covered={covered} />
        </Part>
        <Part floating>
          <ReactionLayer />
        </Part>
        {panel !== null && <SidePanel key={panel} panel={panel} />}
      </div>
      <Part className="bar">
        <Bar />
      </Part>
    </div>
  );
}

function Bar() {
  const unread = useUnread();
  const title = useTitleOfCall();
  useTitle(unread > 0 ? `(${unread}) ${title}` : title);
  return <CallBar unread={unread} />;
}

/** Tells the style of what stands outside of the call, such as notices, where there is room. */
function markCall(covered: boolean): () => void {
  const { dataset } = document.documentElement;
  dataset.call = covered ? "covered" : "open";
  return () => delete dataset.call;
}

const CONTENTS: Readonly<Record<PanelKind, () => ReactNode>> = {
  chat: () => <ChatPanel />,
  people: () => <PeoplePanel />,
  details: () => <DetailsPanel />,
};

function SidePanel({ panel }: { panel: PanelKind }) {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const count = useCallState(({ participants }) => participants.length);
  const titles: Record<PanelKind, string> = {
    chat: t("chat.title"),
    people: t("people.titleCount", { count }),
    details: t("details.title"),
  };
  return (
    <Panel title={titles[panel]} onClose={() => ui.closePanel()}>
      <Part>{CONTENTS[panel]()}</Part>
    </Panel>
  );
}
