import {
  Crown,
  EllipsisVertical,
  Hand,
  Mic,
  MicOff,
  MonitorUp,
  Pin,
  PinOff,
  Video,
  VideoOff,
  Volume2,
} from "lucide-react";
import { memo, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { findParticipant, findPublication, type Participant } from "../../client/state";
import { useCallParts, useCallState, useCallView } from "../../hooks/useCallContext";
import { cameraKey } from "../../hooks/useStage";
import { Avatar } from "../ui/Avatar";
import { Menu, MenuItem } from "../ui/Menu";
import { PersonMenuItems } from "./PersonMenuItems";
import { QualityMark } from "./Tile";

/** One person in the list. */
export const PersonRow = memo(function PersonRow({ id }: { id: string }) {
  const { t } = useTranslation("call");
  const participant = useCallState(useCallback((state) => findParticipant(state, id), [id]));
  const own = useCallState(useCallback(({ you }) => you === id, [id]));
  if (participant === undefined) return null;
  const { name, colour, avatar } = participant;
  return (
    <li className="person">
      <Avatar name={name} colour={colour} picture={avatar} size={36} />
      <span className="min-w-0 grow">
        <span className="block truncate font-medium">{own ? t("tile.you", { name }) : name}</span>
        <Roles participant={participant} />
      </span>
      <Marks participant={participant} />
      {own ? <span className="w-11 shrink-0" /> : <PersonMenu participant={participant} />}
    </li>
  );
});

function Roles({ participant }: { participant: Participant }) {
  const { t } = useTranslation("call");
  if (!participant.host)
    return participant.guest ? null : <span className="text-[13px] text-quiet">{t("people.account")}</span>;
  return (
    <span className="flex items-center gap-1 text-[13px] text-quiet">
      <Crown aria-hidden size={13} />
      {t("mark.host")}
    </span>
  );
}

function Marks({ participant }: { participant: Participant }) {
  const { t } = useTranslation("call");
  const { id, hand } = participant;
  const speaking = useCallState(useCallback(({ speakers }) => speakers.includes(id), [id]));
  const place = useCallState(useCallback(({ hands }) => hands.indexOf(id) + 1, [id]));
  const isOn = (source: "microphone" | "camera"): boolean => findPublication(participant, source)?.muted === false;
  const sharing = findPublication(participant, "screen") !== null;
  return (
    <span className="flex shrink-0 items-center gap-2 text-quiet">
      <QualityMark participant={participant} />
      {hand && <Hand size={18} role="img" className="text-warning" aria-label={t("mark.hand", { place })} />}
      {sharing && <MonitorUp size={18} role="img" aria-label={t("mark.sharing")} />}
      {speaking ? (
        <Volume2 size={18} role="img" className="text-speaking" aria-label={t("mark.speaking")} />
      ) : isOn("microphone") ? (
        <Mic size={18} role="img" aria-label={t("mark.microphoneOn")} />
      ) : (
        <MicOff size={18} role="img" className="text-danger" aria-label={t("mark.microphoneOff")} />
      )}
      {isOn("camera") ? (
        <Video size={18} role="img" aria-label={t("mark.cameraOn")} />
      ) : (
        <VideoOff size={18} role="img" aria-label={t("mark.cameraOff")} />
      )}
    </span>
  );
}

function PersonMenu({ participant }: { participant: Participant }) {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const key = cameraKey(participant.id);
  const pinned = useCallView(({ pins }) => pins.includes(key));
  return (
    <Menu
      trigger={
        <button type="button" className="person-menu" aria-label={t("tile.options", { name: participant.name })}>
          <EllipsisVertical aria-hidden size={20} />
        </button>
      }
    >
      <MenuItem icon={pinned ? PinOff : Pin} onSelect={() => ui.togglePin(key)}>
        {pinned ? t("tile.unpin") : t("tile.pin")}
      </MenuItem>
      <PersonMenuItems participant={participant} />
    </Menu>
  );
}
