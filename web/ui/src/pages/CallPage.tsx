import { type ReactNode, useState } from "react";
import type { Call } from "../client/call";
import type { LocalMedia } from "../client/media";
import { type CallState, findParticipant } from "../client/state";
import { AudioOutput } from "../components/AudioOutput";
import { ChatPanel } from "../components/ChatPanel";
import { ControlBar, type Panel } from "../components/ControlBar";
import { DevicePickers } from "../components/DevicePickers";
import { Notices } from "../components/Notices";
import { ParticipantList } from "../components/ParticipantList";
import { ReactionPicker } from "../components/ReactionPicker";
import { SidePanel } from "../components/SidePanel";
import { Stage } from "../components/Stage";
import { useNotices } from "../hooks/useNotices";
import { useProblemNotices } from "../hooks/useProblemNotices";
import { useReactions } from "../hooks/useReactions";
import { useSnapshot } from "../hooks/useSnapshot";
import { useUnread } from "../hooks/useUnread";

interface CallPageProps {
  call: Call;
  state: CallState;
  media: LocalMedia;
  code: string;
}

const PANEL_TITLES: Record<Exclude<Panel, "reactions">, string> = {
  chat: "Chat",
  people: "Participants",
  devices: "Devices",
};

export function CallPage({ call, state, media, code }: CallPageProps) {
  const devices = useSnapshot(media);
  const [panel, setPanel] = useState<Panel | null>(null);
  const [notices, notify] = useNotices(call);
  useProblemNotices(devices, notify);
  const reactions = useReactions(call);
  const unread = useUnread(state, panel === "chat");
  const hand = findParticipant(state, state.you)?.hand ?? false;

  const attempt = (what: Promise<void>): void => {
    what.catch((error: unknown) => notify(error instanceof Error ? error.message : "That failed."));
  };
  const copyLink = (): void => {
    navigator.clipboard.writeText(`${location.origin}/r/${code}`).then(
      () => notify("Link copied"),
      () => notify(`The link is ${location.origin}/r/${code}`),
    );
  };
  const contents: Record<keyof typeof PANEL_TITLES, () => ReactNode> = {
    chat: () => <ChatPanel state={state} send={(text, to) => call.sendChat(text, to)} />,
    people: () => <ParticipantList state={state} />,
    devices: () => <DevicePickers media={media} state={devices} />,
  };

  return (
    <div className="call">
      {state.phase === "reconnecting" && (
        <p className="banner" role="status">
          Reconnecting…
        </p>
      )}
      <div className="call-body">
        <Stage call={call} state={state} media={devices} reactions={reactions} />
        {panel !== null && panel !== "reactions" && (
          <SidePanel title={PANEL_TITLES[panel]} onClose={() => setPanel(null)}>
            {contents[panel]()}
          </SidePanel>
        )}
      </div>
      {panel === "reactions" && <ReactionPicker onReact={(emoji) => attempt(call.react(emoji))} />}
      <ControlBar
        media={media}
        devices={devices}
        hand={hand}
        panel={panel}
        unread={unread}
        onPanel={(wanted) => setPanel(wanted === panel ? null : wanted)}
        onHand={(raised) => attempt(call.raiseHand(raised))}
        onCopyLink={copyLink}
        onLeave={() => call.leave()}
      />
      <AudioOutput tracks={state.audioTracks} />
      <Notices notices={notices} />
    </div>
  );
}
