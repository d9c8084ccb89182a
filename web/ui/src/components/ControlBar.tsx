import { Hand, Link, MessageSquare, MonitorUp, MonitorX, PhoneOff, Settings, Smile, Users } from "lucide-react";
import type { LocalMedia, MediaState } from "../client/media";
import { DeviceButtons } from "./DeviceButtons";
import { IconButton } from "./IconButton";

export type Panel = "chat" | "people" | "devices" | "reactions";

interface ControlBarProps {
  media: LocalMedia;
  devices: MediaState;
  hand: boolean;
  panel: Panel | null;
  unread: number;
  onPanel: (panel: Panel) => void;
  onHand: (raised: boolean) => void;
  onCopyLink: () => void;
  onLeave: () => void;
}

const canShareScreen = "mediaDevices" in navigator && "getDisplayMedia" in navigator.mediaDevices;

export function ControlBar({ media, devices, hand, panel, unread, ...on }: ControlBarProps) {
  const { screen } = devices;
  const sharing = screen !== null;
  return (
    <div className="bar" role="toolbar" aria-label="Call controls">
      <DeviceButtons media={media} state={devices} />
      {canShareScreen && (
        <IconButton
          icon={sharing ? MonitorX : MonitorUp}
          label={sharing ? "Stop sharing" : "Share screen"}
          pressed={sharing}
          onClick={() => (sharing ? media.stopScreen() : void media.startScreen())}
        />
      )}
      <IconButton
        icon={MessageSquare}
        label="Chat"
        pressed={panel === "chat"}
        badge={unread}
        onClick={() => on.onPanel("chat")}
      />
      <IconButton icon={Users} label="Participants" pressed={panel === "people"} onClick={() => on.onPanel("people")} />
      <IconButton
        icon={Hand}
        label={hand ? "Lower hand" : "Raise hand"}
        pressed={hand}
        onClick={() => on.onHand(!hand)}
      />
      <IconButton icon={Smile} label="React" pressed={panel === "reactions"} onClick={() => on.onPanel("reactions")} />
      <IconButton icon={Settings} label="Devices" pressed={panel === "devices"} onClick={() => on.onPanel("devices")} />
      <IconButton icon={Link} label="Copy link" onClick={on.onCopyLink} />
      <IconButton icon={PhoneOff} label="Leave call" look="danger" onClick={on.onLeave} />
    </div>
  );
}
