import { useState } from "react";
import { countUnread } from "../client/chat";
import { useCallState, useCallView } from "./useCallContext";

/** How many messages of others came since the chat was last open. What was said before one came in counts as read. */
export function useUnread(): number {
  const messages = useCallState(({ chat }) => chat.messages);
  const open = useCallView(({ panel }) => panel === "chat");
  const latest = messages[messages.length - 1]?.id ?? 0;
  const [read, setRead] = useState(latest);
  if (open && read < latest) setRead(latest);
  return open ? 0 : countUnread(messages, read);
}
