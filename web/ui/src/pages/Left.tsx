import type { CallState, EndReason } from "../client/state";
import { Message } from "./Message";

const TITLES: Record<EndReason, string> = {
  left: "You left the call",
  replaced: "You joined from another place",
  room_closed: "The room was closed",
  failed: "The call could not go on",
};

interface LeftProps {
  ended: CallState["ended"];
  onRejoin: () => void;
}

export function Left({ ended, onRejoin }: LeftProps) {
  return (
    <Message title={TITLES[ended?.why ?? "left"]} text={ended?.message}>
      <button type="button" className="button button-primary" onClick={onRejoin}>
        Rejoin
      </button>
    </Message>
  );
}
