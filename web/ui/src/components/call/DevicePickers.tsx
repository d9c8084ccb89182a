import { Volume2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceChoice } from "../../client/devices";
import type { LocalMedia } from "../../client/media";
import { playTestSound } from "../../client/testSound";
import { useSelector } from "../../hooks/useSelector";
import { Button } from "../ui/Button";
import { SelectField } from "../ui/Field";

interface PickerProps {
  label: string;
  choices: readonly DeviceChoice[];
  chosen: string | null;
  onChoose: (device: string) => void;
}

function Picker({ label, choices, chosen, onChoose }: PickerProps) {
  const { t } = useTranslation("call");
  const options =
    choices.length === 0
      ? [{ value: "", label: t("devices.noneFound") }]
      : choices.map(({ id, label: name }, index) => ({
          value: id,
          label: name === "" ? `${label} ${index + 1}` : name,
        }));
  const known = options.some(({ value }) => value === chosen);
  return (
    <SelectField
      label={label}
      value={known ? (chosen ?? "") : (options[0]?.value ?? "")}
      options={options}
      disabled={choices.length === 0}
      onChoose={onChoose}
    />
  );
}

export function MicrophonePicker({ media }: { media: LocalMedia }) {
  const { t } = useTranslation("call");
  const choices = useSelector(media, (state) => state.devices.microphones);
  const chosen = useSelector(media, (state) => state.microphone.device);
  return (
    <Picker
      label={t("devices.microphone")}
      choices={choices}
      chosen={chosen}
      onChoose={(device) => void media.selectDevice("microphone", device)}
    />
  );
}

export function CameraPicker({ media }: { media: LocalMedia }) {
  const { t } = useTranslation("call");
  const choices = useSelector(media, (state) => state.devices.cameras);
  const chosen = useSelector(media, (state) => state.camera.device);
  return (
    <Picker
      label={t("devices.camera")}
      choices={choices}
      chosen={chosen}
      onChoose={(device) => void media.selectDevice("camera", device)}
    />
  );
}

/** Where sound comes out, as far as the browser lets a page choose, and a sound to hear whether it does. */
export function SpeakerPicker({ media }: { media: LocalMedia }) {
  const { t } = useTranslation("call");
  const choices = useSelector(media, (state) => state.devices.speakers);
  const speaker = useSelector(media.preferences, (preferences) => preferences.speaker);
  return (
    <div className="grid gap-2">
      {choices.length > 0 && (
        <Picker
          label={t("devices.speaker")}
          choices={choices}
          chosen={speaker}
          onChoose={(device) => media.preferences.update({ speaker: device })}
        />
      )}
      <SpeakerTest speaker={speaker} />
    </div>
  );
}

function SpeakerTest({ speaker }: { speaker: string | null }) {
  const { t } = useTranslation("call");
  const [playing, setPlaying] = useState<(() => void) | null>(null);
  useEffect(() => () => playing?.(), [playing]);
  const play = (): void => {
    const stop = playTestSound(speaker, () => setPlaying(null));
    setPlaying(() => stop);
  };
  return (
    <div className="flex items-center gap-3">
      <Button icon={Volume2} onClick={play} disabled={playing !== null}>
        {t("devices.test")}
      </Button>
      <span role="status" className="text-sm text-quiet">
        {playing !== null && t("devices.testing")}
      </span>
    </div>
  );
}
