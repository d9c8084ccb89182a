import { recallInTab, rememberInTab } from "../lib/storage";
import type { Welcome } from "./protocol";
import { randomId } from "./randomId";
import { RequestError, type RequestErrorCode } from "./signaling";
import { Store } from "./store";

/** What the server is asked to pass on. */
export interface OutgoingChat {
  text: string;
  to: string | null;
  client_id?: string;
}

/** A message that is not known to have arrived. */
export interface OutgoingMessage extends Required<OutgoingChat> {
  /** Whom it is to, as they were called; null: everyone. */
  toName: string | null;
  /** Why it was not sent; null: it is on its way. closed: the page was, before. */
  problem: RequestErrorCode | "closed" | null;
}

const MOST_WAITING = 100;
/** The server takes one message a second from who has written many. */
const WAIT_MS = 1500;

/**
 * Chat messages on their way, oldest first, and sent one after the other, so that they arrive in the order of writing.
 *
 * A message whose answer was lost is sent again in the next session, under the same `client_id`: it arrives once. One
 * that was refused stays until its writer sends it again or gives it up. All of them are kept for as long as the tab is
 * there, by person and so by room: after a reload they are shown as not sent.
 */
export class ChatOutbox extends Store<readonly OutgoingMessage[]> {
  private sending = false;
  /** A session has begun while a message of the one before was being given up. */
  private again = false;
  private idsAreKnown = false;
  private over = false;
  private key: string | null = null;

  constructor(private readonly send: (chat: OutgoingChat) => Promise<unknown>) {
    super([]);
  }

  /** False: too many wait already. */
  add(text: string, to: string | null, toName: string | null): boolean {
    const messages = this.getSnapshot();
    if (messages.length >= MOST_WAITING) return false;
    this.replace([...messages, { text, to, toName, client_id: randomId(), problem: null }]);
    void this.flush();
    return true;
  }

  /** Sends one that was refused once more, before those that were written after it. */
  retry(clientId: string): void {
    this.mark(clientId, null);
    void this.flush();
  }

  discard(clientId: string): void {
    const messages = this.getSnapshot();
    const rest = messages.filter(({ client_id }) => client_id !== clientId);
    if (rest.length < messages.length) this.replace(rest);
  }

  /** There is a session again. A server that doesn't know a message's id may not get it twice. */
  connected({ server, you, chat }: Pick<Welcome, "server" | "you" | "chat">): void {
    this.idsAreKnown = server?.features.includes("client_id") ?? false;
    if (this.key === null && you.person !== undefined && you.person !== "") {
      this.key = `milanio.unsent.${you.person}`;
      this.replace([...unsent(recallInTab(this.key)), ...this.getSnapshot()]);
    }
    for (const { client_id } of chat) this.discard(client_id ?? "");
    void this.flush();
  }

  /** The session goes on after the connection was lost. */
  resumed(): void {
    void this.flush();
  }

  /** The call is over: what still waits is not sent. */
  close(): void {
    this.over = true;
  }

  private replace(messages: readonly OutgoingMessage[]): void {
    this.set(messages);
    if (this.key !== null) rememberInTab(this.key, messages.length === 0 ? null : JSON.stringify(messages));
  }

  private mark(clientId: string, problem: OutgoingMessage["problem"]): void {
    this.replace(this.getSnapshot().map((one) => (one.client_id === clientId ? { ...one, problem } : one)));
  }

  private get next(): OutgoingMessage | undefined {
    return this.over ? undefined : this.getSnapshot().find(({ problem }) => problem === null);
  }

  private async flush(): Promise<void> {
    if (this.sending) {
      this.again = true;
      return;
    }
    this.sending = true;
    do {
      this.again = false;
      for (let message = this.next; message !== undefined; message = this.next) {
        if (!(await this.deliver(message))) break;
      }
    } while (this.wantsMore());
    this.sending = false;
  }

  /** `again` changes across awaits, which narrowing by the compiler does not see. */
  private wantsMore(): boolean {
    return this.again && this.next !== undefined;
  }

  /** False: it has to wait for the next session. */
  private async deliver({ text, to, client_id }: OutgoingMessage): Promise<boolean> {
    try {
      await this.send(this.idsAreKnown ? { text, to, client_id } : { text, to });
      this.discard(client_id);
    } catch (error) {
      const code = error instanceof RequestError ? error.code : "internal";
      if (code === "too_many") {
        // Whatever was written after it waits with it.
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      } else if (this.idsAreKnown && (code === "lost" || code === "timeout")) {
        // After a timeout the connection may be there still, and nobody would say that it is back.
        if (code === "timeout") this.again = true;
        return false;
      } else {
        this.mark(client_id, code);
      }
    }
    return true;
  }
}

/** What the page before this one had not sent. */
function unsent(stored: string | null): OutgoingMessage[] {
  if (stored === null) return [];
  try {
    const messages = JSON.parse(stored) as OutgoingMessage[];
    return messages.map((message) => ({ ...message, problem: "closed" }));
  } catch {
    return [];
  }
}
