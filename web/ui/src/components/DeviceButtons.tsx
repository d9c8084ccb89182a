import { Mic, MicOff, Video, VideoOff } from "lucide-react";
import type { LocalMedia, MediaState } from "../client/media";
import { IconButton } from "./IconButton";

interface DeviceButtonsProps {
  media: LocalMedia;
  state: MediaState;
}

/** Microphone and camera, before the call and in it. */
export function DeviceButtons({ media, state }: DeviceButtonsProps) {
  const { microphone, camera } = state;
  return (
    <>
      <IconButton
        icon={microphone.on ? Mic : MicOff}
        label={microphone.on ? "Mute microphone" : "Unmute microphone"}
        look={microphone.on ? "plain" : "off"}
        onClick={() => void media.setMicrophone(!microphone.on)}
      />
      <IconButton
        icon={camera.on ? Video : VideoOff}
        label={camera.on ? "Turn camera off" : "Turn camera on"}
        look={camera.on ? "plain" : "off"}
        onClick={() => void media.setCamera(!camera.on)}
      />
    </>
  );
}
