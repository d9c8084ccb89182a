import {
  Ban,
  Crown,
  Hand,
  MessageSquare,
  Mic,
  MicOff,
  MonitorX,
  UserRoundCheck,
  UserRoundX,
  Video,
  VideoOff,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { receiverOf } from "../../client/receiver";
import { findPublication, type Participant } from "../../client/state";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { MenuItem, MenuSeparator } from "../ui/Menu";
import { moderate } from "./moderation";

/** What can be done about another person: everyone may write to them, hosts may more. */
export function PersonMenuItems({ participant }: { participant: Participant }) {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const host = useCallState(({ rights }) => rights.moderate);
  const writes = useCallState(({ rights, room }) => rights.chat && (rights.moderate || room?.chat !== false));
  return (
    <>
      <MenuSeparator />
      {writes && (
        <MenuItem icon={MessageSquare} onSelect={() => ui.writeTo(receiverOf(participant))}>
          {t("person.write")}
        </MenuItem>
      )}
      {host && <HostItems participant={participant} />}
    </>
  );
}

function HostItems({ participant }: { participant: Participant }) {
  const { t } = useTranslation("call");
  const { call, ui } = useCallParts();
  const { id, name, hand, host } = participant;
  const screen = findPublication(participant, "screen")?.muted === false;
  return (
    <>
      <MenuSeparator />
      <DeviceItem participant={participant} source="microphone" />
      <DeviceItem participant={participant} source="camera" />
      {screen && (
        <MenuItem icon={MonitorX} onSelect={() => moderate(call, { do: "mute", participant: id, source: "screen" }, t)}>
          {t("person.stopScreen")}
        </MenuItem>
      )}
      {hand && (
        <MenuItem icon={Hand} onSelect={() => moderate(call, { do: "lower_hand", participant: id }, t)}>
          {t("person.lowerHand")}
        </MenuItem>
      )}
      <MenuSeparator />
      {!host && (
        <MenuItem icon={Crown} onSelect={() => moderate(call, { do: "make_host", participant: id }, t)}>
          {t("person.makeHost")}
        </MenuItem>
      )}
      <MenuItem icon={UserRoundCheck} onSelect={() => ui.ask("hand_over", id, name)}>
        {t("person.handOver")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={UserRoundX} dangerous onSelect={() => ui.ask("remove", id, name)}>
        {t("person.remove")}
      </MenuItem>
      <MenuItem icon={Ban} dangerous onSelect={() => ui.ask("ban", id, name)}>
        {t("person.ban")}
      </MenuItem>
    </>
  );
}

const DEVICES = {
  microphone: { off: MicOff, on: Mic, mute: "person.mute", ask: "person.askUnmute" },
  camera: { off: VideoOff, on: Video, mute: "person.cameraOff", ask: "person.askCamera" },
} as const;

/** What is on can be turned off for them; what is off they can only be asked for. */
function DeviceItem({ participant, source }: { participant: Participant; source: keyof typeof DEVICES }) {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const { off, on, mute, ask } = DEVICES[source];
  const isOn = findPublication(participant, source)?.muted === false;
  const act = (what: "mute" | "ask_unmute"): void => {
    moderate(call, { do: what, participant: participant.id, source }, t);
  };
  return isOn ? (
    <MenuItem icon={off} onSelect={() => act("mute")}>
      {t(mute)}
    </MenuItem>
  ) : (
    <MenuItem icon={on} onSelect={() => act("ask_unmute")}>
      {t(ask)}
    </MenuItem>
  );
}
