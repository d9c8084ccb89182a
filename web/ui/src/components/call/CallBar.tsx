import { ChartLine, Hand, MessageSquare, MonitorUp, MonitorX, PhoneOff, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Panel } from "../../client/callView";
import { screenAvailable } from "../../client/devices";
import { findParticipant } from "../../client/state";
import { useCallParts, useCallState, useCallView, useMedia } from "../../hooks/useCallContext";
import { useMediaQuery } from "../../hooks/useMediaQuery";
import { notify } from "../../notices/notices";
import { IconButton } from "../ui/IconButton";
import { DeviceButtons } from "./DeviceButtons";
import { failureText } from "./failure";
import { LeaveMenu } from "./LeaveMenu";
import { MoreMenu } from "./MoreMenu";
import { ReactionButton } from "./ReactionButton";

/** Enough room for every button. */
const ROOMY = "(min-width: 700px)";

export function CallBar({ unread }: { unread: number }) {
  const { t } = useTranslation("call");
  const { call, media, ui } = useCallParts();
  const roomy = useMediaQuery(ROOMY);
  const publish = useCallState(({ rights }) => rights.publish);
  const title = useCallState(({ room }) => room?.title ?? "");
  return (
    <div className="bar" role="toolbar" aria-label={t("bar.label")}>
      <p className="bar-title" aria-hidden>
        {title}
      </p>
      <div className="bar-main">
        <DeviceButtons
          media={media}
          size="lg"
          allowed={publish}
          {...(roomy ? { onSettings: () => ui.open("settings") } : {})}
        />
        {screenAvailable() && <ScreenButton />}
        {roomy && <HandButton />}
        {roomy && <ReactionButton />}
        {!roomy && <ChatButton unread={unread} />}
        <MoreMenu roomy={roomy} />
        <div className="split split-danger">
          <IconButton icon={PhoneOff} label={t("bar.leave")} look="danger" size="lg" onClick={() => call.leave()} />
          {roomy && <LeaveMenu />}
        </div>
      </div>
      <div className="bar-side">
        {roomy && (
          <>
            <PanelButton panel="details" icon={ChartLine} label={t("details.title")} />
            <PeopleButton />
            <ChatButton unread={unread} />
          </>
        )}
      </div>
    </div>
  );
}

function ScreenButton() {
  const { t } = useTranslation("call");
  const { media } = useCallParts();
  const publish = useCallState(({ rights }) => rights.publish);
  const sharing = useMedia(({ screen }) => screen !== null);
  return (
    <IconButton
      icon={sharing ? MonitorX : MonitorUp}
      label={t(sharing ? "bar.stopScreen" : "bar.screen")}
      look={sharing ? "active" : "plain"}
      size="lg"
      disabled={!publish}
      onClick={() => (sharing ? media.stopScreen() : void media.startScreen())}
    />
  );
}

function HandButton() {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const raised = useCallState((state) => findParticipant(state, state.you)?.hand ?? false);
  return (
    <IconButton
      icon={Hand}
      label={t(raised ? "bar.lowerHand" : "bar.raiseHand")}
      look={raised ? "active" : "plain"}
      size="lg"
      onClick={() => {
        call.raiseHand(!raised).catch((error: unknown) => notify(failureText(error, t), { kind: "bad" }));
      }}
    />
  );
}

interface PanelButtonProps {
  panel: Panel;
  icon: typeof Users;
  label: string;
  badge?: number;
}

function PanelButton({ panel, icon, label, badge = 0 }: PanelButtonProps) {
  const { ui } = useCallParts();
  const open = useCallView((state) => state.panel === panel);
  return (
    <IconButton
      icon={icon}
      label={label}
      pressed={open}
      badge={badge}
      size="lg"
      onClick={() => ui.togglePanel(panel)}
    />
  );
}

function ChatButton({ unread }: { unread: number }) {
  const { t } = useTranslation("call");
  const label = unread > 0 ? t("bar.chatUnread", { count: unread }) : t("bar.chat");
  return <PanelButton panel="chat" icon={MessageSquare} label={label} badge={unread} />;
}

function PeopleButton() {
  const { t } = useTranslation("call");
  const count = useCallState(({ participants }) => participants.length);
  const waiting = useCallState((state) => state.waiting.length);
  const people = t("bar.people", { count });
  const label = waiting > 0 ? `${people}, ${t("waitingList.count", { count: waiting })}` : people;
  return <PanelButton panel="people" icon={Users} label={label} badge={waiting} />;
}
