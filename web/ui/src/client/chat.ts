import { type ChatMessage, type ChatPage, LONGEST_CHAT } from "./protocol";

export { LONGEST_CHAT };

/** Whether there may be messages older than the oldest that is known. */
export type Older = "some" | "loading" | "none";

/** The chat as far as it is known here: oldest first, without gaps. Never changed, only replaced. */
export interface ChatLog {
  messages: readonly ChatMessage[];
  older: Older;
  /** Where messages may be missing: right after one of these ids. */
  gaps: readonly number[];
}

/** A page that is open for days keeps this many; older ones can be had from the server again. */
const MOST_KEPT = 2000;

export const NO_CHAT: ChatLog = { messages: [], older: "none", gaps: [] };

/**
 * A text without what a paste may bring and the server refuses: control characters, overrides of text direction, halves
 * of characters; and without blanks around it.
 */
export function sendable(text: string): string {
  const clean = text.replace(/\r\n?/gu, "\n").replace(/(?![\n\t])\p{Cc}|\p{Cs}|[\u202d\u202e]/gu, "");
  return clean.trim();
}

/** As the server counts: code points, of what would be sent. At most `LONGEST_CHAT` make a message. */
export function chatLength(text: string): number {
  return Array.from(sendable(text)).length;
}

/** What a newcomer is shown is the end of a history that may be longer. */
export function chatFromWelcome(messages: readonly ChatMessage[], gaps: readonly number[] = []): ChatLog {
  return { messages, older: messages.length > 0 ? "some" : "none", gaps };
}

/** Whether messages may be missing between two that follow each other; undefined: before the first, after the last. */
export function hasGap(log: ChatLog, before: ChatMessage | undefined, after: ChatMessage | undefined): boolean {
  const from = before?.id ?? 0;
  const to = after?.id ?? Number.POSITIVE_INFINITY;
  // What is not loaded yet lies before the first.
  if (before === undefined && log.older !== "none") return false;
  return log.gaps.some((gap) => from <= gap && gap < to);
}

export function withMessage(log: ChatLog, message: ChatMessage): ChatLog {
  if (log.messages.some(({ id }) => id === message.id)) return log;
  const messages = [...log.messages, message];
  if (messages.length <= MOST_KEPT) return { ...log, messages };
  return { ...log, messages: messages.slice(-MOST_KEPT), older: log.older === "loading" ? "loading" : "some" };
}

export function withoutMessage(log: ChatLog, id: number): ChatLog {
  const messages = log.messages.filter((message) => message.id !== id);
  return messages.length === log.messages.length ? log : { ...log, messages };
}

/** With a page of older messages put before the ones that are known. */
export function withPage(log: ChatLog, page: ChatPage): ChatLog {
  const known = new Set(log.messages.map(({ id }) => id));
  const older = page.messages.filter(({ id }) => !known.has(id));
  return { ...log, messages: [...older, ...log.messages], older: page.more && older.length > 0 ? "some" : "none" };
}

/** How many messages of others came after message `read`; what was taken away does not count. */
export function countUnread(messages: readonly ChatMessage[], read: number): number {
  let count = 0;
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    if (message === undefined || message.id <= read) break;
    if (message.mine !== true) count++;
  }
  return count;
}
