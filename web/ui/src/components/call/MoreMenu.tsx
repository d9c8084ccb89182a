import {
  ChartLine,
  CircleStop,
  EllipsisVertical,
  Grid3x3,
  Hand,
  Keyboard,
  Link,
  Maximize,
  Minimize,
  PictureInPicture2,
  Settings,
  Sparkles,
  User,
  Users,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { PictureWindow } from "../../client/pictureWindow";
import { findParticipant } from "../../client/state";
import { useCallParts, useCallState, usePreference } from "../../hooks/useCallContext";
import { useFullScreen } from "../../hooks/useFullScreen";
import { notify } from "../../notices/notices";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../ui/Menu";
import { failureText } from "./failure";
import { copyLink } from "./invite";
import { ReactionRow } from "./ReactionButton";

/** Everything that has no button of its own; on a phone that is most of it. */
export function MoreMenu({ roomy }: { roomy: boolean }) {
  const { t } = useTranslation("call");
  const { code, ui, picture } = useCallParts();
  const full = useFullScreen();
  const waiting = useCallState((state) => state.waiting.length);
  const label = !roomy && waiting > 0 ? t("bar.moreWaiting", { count: waiting }) : t("bar.more");
  return (
    <Menu
      side="top"
      align="center"
      trigger={<IconButton icon={EllipsisVertical} label={label} badge={roomy ? 0 : waiting} size="lg" />}
    >
      {!roomy && <SmallScreenItems />}
      <LayoutChoice />
      <MenuSeparator />
      {full && (
        <MenuItem icon={full.full ? Minimize : Maximize} onSelect={full.toggle}>
          {t(full.full ? "bar.leaveFullScreen" : "bar.fullScreen")}
        </MenuItem>
      )}
      {PictureWindow.possible && (
        <MenuItem icon={PictureInPicture2} onSelect={() => void picture.toggle().catch(() => undefined)}>
          {t("bar.pictureInPicture")}
        </MenuItem>
      )}
      <MenuItem icon={Link} onSelect={() => void copyLink(code, t)}>
        {t("invite.copy")}
      </MenuItem>
      {roomy && (
        <MenuItem icon={Keyboard} onSelect={() => ui.open("shortcuts")}>
          {t("shortcuts.title")}
        </MenuItem>
      )}
      <MenuItem icon={Settings} onSelect={() => ui.open("settings")}>
        {t("settings.title")}
      </MenuItem>
    </Menu>
  );
}

function LayoutChoice() {
  const { t } = useTranslation("call");
  const { media } = useCallParts();
  const layout = usePreference((preferences) => preferences.layout);
  return (
    <MenuChoice
      label={t("layout.label")}
      value={layout}
      options={[
        { value: "auto", label: t("layout.auto"), icon: Sparkles },
        { value: "grid", label: t("layout.grid"), icon: Grid3x3 },
        { value: "speaker", label: t("layout.speaker"), icon: User },
      ]}
      onChoose={(chosen) => media.preferences.update({ layout: chosen })}
    />
  );
}

/** What has a button in the bar where there is room for it. */
function SmallScreenItems() {
  const { t } = useTranslation("call");
  const { call, ui } = useCallParts();
  const host = useCallState(({ rights }) => rights.moderate);
  const count = useCallState(({ participants }) => participants.length);
  const raised = useCallState((state) => findParticipant(state, state.you)?.hand ?? false);
  const raise = (): void => {
    call.raiseHand(!raised).catch((error: unknown) => notify(failureText(error, t), { kind: "bad" }));
  };
  return (
    <>
      <ReactionRow />
      <MenuSeparator />
      <MenuItem icon={Hand} onSelect={raise}>
        {t(raised ? "bar.lowerHand" : "bar.raiseHand")}
      </MenuItem>
      <MenuItem icon={Users} onSelect={() => ui.togglePanel("people")}>
        {t("bar.people", { count })}
      </MenuItem>
      <MenuItem icon={ChartLine} onSelect={() => ui.togglePanel("details")}>
        {t("details.title")}
      </MenuItem>
      {host && (
        <MenuItem icon={CircleStop} dangerous onSelect={() => ui.open("end")}>
          {t("bar.end")}
        </MenuItem>
      )}
      <MenuSeparator />
    </>
  );
}
