import { Hand, Mic, MicOff, MonitorUp, Video, VideoOff, Volume2, WifiOff } from "lucide-react";
import type { CallState, Participant } from "../client/state";
import { publicationOf } from "../hooks/useTiles";
import { Avatar } from "./Avatar";

export function ParticipantList({ state }: { state: CallState }) {
  return (
    <ul className="people">
      {state.participants.map((participant) => (
        <li key={participant.id} className="person">
          <Avatar name={participant.name} />
          <span className="person-name">
            {participant.name}
            {participant.id === state.you && " (you)"}
          </span>
          <Marks participant={participant} speaking={state.speakers.includes(participant.id)} />
        </li>
      ))}
    </ul>
  );
}

function Marks({ participant, speaking }: { participant: Participant; speaking: boolean }) {
  const isOn = (source: "microphone" | "camera"): boolean => publicationOf(participant, source)?.muted === false;
  return (
    <span className="person-marks">
      {participant.connection === "lost" && <WifiOff size={18} aria-label="Connection lost" />}
      {participant.hand && <Hand size={18} aria-label="Hand raised" />}
      {speaking && <Volume2 size={18} aria-label="Speaking" />}
      {publicationOf(participant, "screen") !== null && <MonitorUp size={18} aria-label="Shares a screen" />}
      {isOn("microphone") ? (
        <Mic size={18} aria-label="Microphone on" />
      ) : (
        <MicOff size={18} aria-label="Microphone off" />
      )}
      {isOn("camera") ? <Video size={18} aria-label="Camera on" /> : <VideoOff size={18} aria-label="Camera off" />}
    </span>
  );
}
