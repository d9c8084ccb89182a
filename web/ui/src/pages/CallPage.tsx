import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Call } from "../client/call";
import { CallView, type Panel as PanelKind } from "../client/callView";
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
import { CallContext, type CallParts, useCallParts, useCallState, useCallView } from "../hooks/useCallContext";
import { useCallNotices } from "../hooks/useCallNotices";
import { useDeviceNotices } from "../hooks/useDeviceNotices";
import { useMediaQuery } from "../hooks/useMediaQuery";
import { useMutedSpeech } from "../hooks/useMutedSpeech";
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
  code: string;
}

export function CallPage({ call, media, code }: CallPageProps) {
  const [parts] = useState<CallParts>(() => ({
    call,
    media,
    code,
    ui: new CallView(),
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

function RunningCall({ parts }: { parts: CallParts }) {
  const { t } = useTranslation("call");
  const { call, media, view, reactions } = parts;
  const panel = useCallView((state) => state.panel);
  const beside = useMediaQuery(BESIDE);
  const unread = useUnread();
  const title = useCallState(({ room }) => room?.title ?? "");
  useTitle(unread > 0 ? `(${unread}) ${title || t("stage.label")}` : title || t("stage.label"));
  useWatching(
    view,
    useSelector(media.preferences, (all) => all),
  );
  useCallNotices(parts);
  useDeviceNotices(media);
  useMutedSpeech(parts);
  useShortcuts(parts);
  useEffect(keepAwake, []);
  useEffect(() => reactions.follow(call), [reactions, call]);

  return (
    <div className="call">
      <h1 className="sr-only">{title || t("stage.label")}</h1>
      <Reconnecting />
      <MediaBlocked />
      <div className="call-body">
        <Stage covered={panel !== null && !beside} />
        <ReactionLayer />
        {panel !== null && <SidePanel key={panel} panel={panel} />}
      </div>
      <CallBar unread={unread} />
      <AudioOutput />
      <CallDialogs />
      <PictureInPicture />
    </div>
  );
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
      {CONTENTS[panel]()}
    </Panel>
  );
}
