import { useId } from "react";
import type { DeviceChoice, DeviceKind } from "../client/devices";
import type { LocalMedia, MediaState } from "../client/media";

interface DevicePickersProps {
  media: LocalMedia;
  state: MediaState;
}

export function DevicePickers({ media, state }: DevicePickersProps) {
  const select = (kind: DeviceKind) => (device: string) => void media.selectDevice(kind, device);
  return (
    <div className="pickers">
      <Picker
        label="Microphone"
        choices={state.devices.microphones}
        chosen={state.microphone.device}
        onChoose={select("microphone")}
      />
      <Picker label="Camera" choices={state.devices.cameras} chosen={state.camera.device} onChoose={select("camera")} />
    </div>
  );
}

interface PickerProps {
  label: string;
  choices: readonly DeviceChoice[];
  chosen: string | null;
  onChoose: (device: string) => void;
}

function Picker({ label, choices, chosen, onChoose }: PickerProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={chosen ?? ""}
        disabled={choices.length === 0}
        onChange={(event) => onChoose(event.target.value)}
      >
        {choices.length === 0 && <option value="">None found</option>}
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}
