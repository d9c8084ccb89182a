import { ChevronUp, Mic, MicOff, Settings, Video, VideoOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DeviceChoice, DeviceKind } from "../../client/devices";
import type { LocalMedia } from "../../client/media";
import { useSelector } from "../../hooks/useSelector";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../ui/Menu";

interface DeviceButtonsProps {
  media: LocalMedia;
  size?: "md" | "lg";
  /** False: this person may not be seen and heard in this room. */
  allowed?: boolean;
  /** Opens more settings; left out: the buttons have no menus. */
  onSettings?: () => void;
}

/** Microphone and camera, before the call and in it. */
export function DeviceButtons({ media, size = "md", allowed = true, onSettings }: DeviceButtonsProps) {
  const { t } = useTranslation("call");
  const microphone = useSelector(media, (state) => state.microphone.on);
  const camera = useSelector(media, (state) => state.camera.on);
  return (
    <>
      <div className="split">
        <IconButton
          icon={microphone ? Mic : MicOff}
          label={t(microphone ? "bar.mute" : "bar.unmute")}
          look={microphone ? "plain" : "off"}
          size={size}
          disabled={!allowed}
          onClick={() => void media.setMicrophone(!microphone)}
        />
        {onSettings && <DeviceMenu media={media} kind="microphone" onSettings={onSettings} />}
      </div>
      <div className="split">
        <IconButton
          icon={camera ? Video : VideoOff}
          label={t(camera ? "bar.cameraOff" : "bar.cameraOn")}
          look={camera ? "plain" : "off"}
          size={size}
          disabled={!allowed}
          onClick={() => void media.setCamera(!camera)}
        />
        {onSettings && <DeviceMenu media={media} kind="camera" onSettings={onSettings} />}
      </div>
    </>
  );
}

interface DeviceMenuProps {
  media: LocalMedia;
  kind: DeviceKind;
  onSettings: () => void;
}

/** Which microphone and speaker, or which camera, without a way through the settings. */
function DeviceMenu({ media, kind, onSettings }: DeviceMenuProps) {
  const { t } = useTranslation("call");
  const devices = useSelector(media, (state) => state.devices);
  const chosen = useSelector(media, (state) => state[kind].device);
  const speaker = useSelector(media.preferences, (preferences) => preferences.speaker);
  const microphones = kind === "microphone";
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <button type="button" className="split-more" aria-label={t(microphones ? "bar.audioDevices" : "bar.cameras")}>
          <ChevronUp aria-hidden size={18} />
        </button>
      }
    >
      <DeviceChoices
        label={t(microphones ? "devices.microphone" : "devices.camera")}
        choices={microphones ? devices.microphones : devices.cameras}
        chosen={chosen}
        onChoose={(device) => void media.selectDevice(kind, device)}
      />
      {microphones && devices.speakers.length > 0 && (
        <>
          <MenuSeparator />
          <DeviceChoices
            label={t("devices.speaker")}
            choices={devices.speakers}
            chosen={speaker ?? devices.speakers[0]?.id ?? null}
            onChoose={(device) => media.preferences.update({ speaker: device })}
          />
        </>
      )}
      <MenuSeparator />
      <MenuItem icon={Settings} onSelect={onSettings}>
        {t("bar.moreSettings")}
      </MenuItem>
    </Menu>
  );
}

interface DeviceChoicesProps {
  label: string;
  choices: readonly DeviceChoice[];
  chosen: string | null;
  onChoose: (device: string) => void;
}

function DeviceChoices({ label, choices, chosen, onChoose }: DeviceChoicesProps) {
  const { t } = useTranslation("call");
  if (choices.length === 0) return <p className="px-3 py-2 text-[15px] text-quiet">{t("devices.none", { label })}</p>;
  const options = choices.map(({ id, label: name }, index) => ({
    value: id,
    label: name === "" ? `${label} ${index + 1}` : name,
  }));
  return <MenuChoice label={label} value={chosen ?? ""} options={options} onChoose={onChoose} />;
}
