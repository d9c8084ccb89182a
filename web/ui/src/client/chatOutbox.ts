import { randomId } from "./randomId";
import { RequestError } from "./signaling";

/** What the server is asked to pass on. */
export interface OutgoingChat {
  text: string;
  to: string | null;
  client_id?: string;
}

interface Entry {
  chat: OutgoingChat;
  resolve: () => void;
  reject: (error: unknown) => void;
}

const MOST_WAITING = 100;

/**
 * Chat messages on their way, one after the other, so that they arrive in the order of writing.
 *
 * A message whose answer was lost is sent again in the next session, under the same `client_id`: it arrives once.
 */
export class ChatOutbox {
  private readonly entries: Entry[] = [];
  private sending = false;
  /** A session has begun while a message of the one before was being given up. */
  private again = false;
  private idsAreKnown = false;

  constructor(private readonly send: (chat: OutgoingChat) => Promise<unknown>) {}

  /** Resolves once the server has it; rejects where it refused it, or the call is over. */
  add(text: string, to: string | null): Promise<void> {
    if (this.entries.length >= MOST_WAITING) {
      return Promise.reject(new RequestError("too_many", "Too many messages wait to be sent."));
    }
    return new Promise((resolve, reject) => {
      this.entries.push({ chat: { text, to, client_id: randomId() }, resolve, reject });
      void this.flush();
    });
  }

  /** There is a session again. `features` are the server's: one that doesn't know a message's id may not get it twice. */
  connected(features: readonly string[]): void {
    this.idsAreKnown = features.includes("client_id");
    void this.flush();
  }

  /** The session goes on after the connection was lost. */
  resumed(): void {
    void this.flush();
  }

  /** The call is over: what still waits is not sent. */
  close(): void {
    for (const { reject } of this.entries.splice(0)) reject(lostError());
  }

  private async flush(): Promise<void> {
    if (this.sending) {
      this.again = true;
      return;
    }
    this.sending = true;
    do {
      this.again = false;
      for (let entry = this.entries[0]; entry !== undefined; entry = this.entries[0]) {
        if (!(await this.deliver(entry))) break;
        if (this.entries[0] === entry) this.entries.shift();
      }
    } while (this.wantsMore());
    this.sending = false;
  }

  /** `again` changes across awaits, which narrowing by the compiler does not see. */
  private wantsMore(): boolean {
    return this.again && this.entries.length > 0;
  }

  /** False: it has to wait for the next session. */
  private async deliver({ chat, resolve, reject }: Entry): Promise<boolean> {
    const { client_id, ...known } = chat;
    try {
      await this.send(this.idsAreKnown ? { ...known, client_id } : known);
      resolve();
    } catch (error) {
      if (this.idsAreKnown && isUncertain(error)) {
        // After a timeout the connection may be there still, and nobody would say that it is back.
        if (error.code === "timeout") this.again = true;
        return false;
      }
      reject(error);
    }
    return true;
  }
}

/** Whether nobody knows if the server has carried it out. */
function isUncertain(error: unknown): error is RequestError {
  return error instanceof RequestError && (error.code === "lost" || error.code === "timeout");
}

function lostError(): RequestError {
  return new RequestError("lost", "The call is over.");
}
