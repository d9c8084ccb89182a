import { useState } from "react";
import type { CallState } from "../client/state";

/** How many messages of others came since the chat was last open. What was said before one came in counts as read. */
export function useUnread({ chat, you }: CallState, open: boolean): number {
  const latest = chat[chat.length - 1]?.id ?? -1;
  const [read, setRead] = useState(latest);
  if (open && read !== latest) setRead(latest);
  if (open) return 0;
  return chat.filter(({ id, sender }) => id > read && sender !== you).length;
}
