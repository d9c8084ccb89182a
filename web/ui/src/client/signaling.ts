import { backoffDelay } from "./backoff";
import type { Error as ErrorReply, Event as ServerEvent, Ok, Protocol, Resumed, Waits, Welcome } from "./protocol";

export const SUBPROTOCOL = "milanio.v1";

const REQUEST_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 5000;
/** A ping that is not answered for this long means that the socket is dead, whatever the browser believes. */
const HEARTBEAT_TIMEOUT_MS = 4000;
/** The same, where the network has changed or media has stopped. */
const PROBE_TIMEOUT_MS = 1000;
/** How long each attempt to reach the server again may take: a first packet that is lost is sent again after 1 s. */
const CONNECT_TIMEOUTS_MS = [2500, 4000, 6000, 10_000] as const;

/** Results after which requests can be made, or one waits to be let in. Every other result changes nothing here. */
const BEGINNINGS: ReadonlySet<string> = new Set(["welcome", "waits", "resumed"]);

type ClientMessage = Protocol["client"];
type ServerMessage = Protocol["server"];
export type EventBody = ServerEvent["event"];
/** A request without its id, which Signaling gives. */
export type RequestBody = ClientMessage extends infer Message
  ? Message extends { id: number }
    ? Omit<Message, "id">
    : never
  : never;
export type Result = NonNullable<Ok["result"]> | null;

/** `unopened`: the first socket of a session never was. */
export type RequestErrorCode = ErrorReply["code"] | "timeout" | "lost" | "unopened";

/** A request that the server refused, did not answer in time, or that was under way when the socket was lost. */
export class RequestError extends Error {
  constructor(
    readonly code: RequestErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "RequestError";
  }
}

export interface SignalingHandlers {
  /** An event, each exactly once and in order. */
  event: (body: EventBody) => void;
  /** The socket is gone; reconnection has begun. */
  lost: () => void;
  /** The session goes on; the missed events follow. */
  resumed: (result: Resumed) => void;
  /** The server no longer knows the session, or the wait: only a new join with a fresh token helps. */
  sessionLost: () => void;
}

export interface SignalingOptions {
  openSocket?: (url: string) => WebSocket;
  random?: () => number;
}

interface Pending {
  resolve: (result: Result) => void;
  reject: (error: RequestError) => void;
  timer: ReturnType<typeof setTimeout>;
}

interface Session {
  resumeToken: string;
  lastEvent: number;
}

/** The WebSocket of a call: requests and their replies, events in sequence, reconnection. */
export class Signaling {
  socket: WebSocket | null = null;
  private ready = false;
  /** Before the room's door: connected, and in no session yet. */
  private waits = false;
  private session: Session | null = null;
  private nextId = 1;
  private attempt = 0;
  /** A socket by which the session is being taken up again. */
  private resuming: WebSocket | null = null;
  private closed = true;
  private readonly pending = new Map<number, Pending>();
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private heartbeatTimer: ReturnType<typeof setInterval> | undefined;
  private readonly openSocket: (url: string) => WebSocket;
  private readonly random: () => number;
  private readonly url: string;
  private readonly handlers: SignalingHandlers;

  constructor(url: string, handlers: SignalingHandlers, options: SignalingOptions = {}) {
    this.url = url;
    this.handlers = handlers;
    this.openSocket = options.openSocket ?? ((address) => new WebSocket(address, SUBPROTOCOL));
    this.random = options.random ?? Math.random;
  }

  /** True while requests can be made. */
  get connected(): boolean {
    return this.ready;
  }

  /**
   * Enters the room, or comes to wait before it: then `admitted` or `bye` follows, and after `admitted` this is called
   * again. A failure is not tried again here: the caller knows if it may.
   */
  async join(token: string): Promise<Welcome | Waits> {
    this.closed = false;
    this.session = null;
    try {
      if (this.socket === null) {
        await opened(this.open()).catch(() => {
          throw new RequestError("unopened", "The connection to the server could not be opened.");
        });
      }
      const result = await this.send({ type: "join", token });
      if (result?.type !== "welcome" && result?.type !== "waits") {
        throw new RequestError("bad_message", "The server's answer was not understood.");
      }
      return result;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sends a request; resolves with its result, rejects with RequestError. */
  request(body: RequestBody): Promise<Result> {
    if (!this.ready) return Promise.reject(lostError());
    return this.send(body);
  }

  /** The network has changed, or seems to have: find out at once what that did to the socket. */
  probe(): void {
    if (this.closed) return;
    if (this.ready || this.waits) {
      this.ping(PROBE_TIMEOUT_MS);
    } else if (this.retryTimer !== undefined || this.resuming !== null) {
      // An attempt that is under way may have been sent into a network that isn't there any more.
      this.attempt = 0;
      if (this.resuming !== null) this.drop();
      this.scheduleReconnect(0);
    }
  }

  /** Ends it for good. */
  close(): void {
    this.closed = true;
    this.waits = false;
    clearTimeout(this.retryTimer);
    this.drop();
  }

  private open(): WebSocket {
    const socket = this.openSocket(this.url);
    this.socket = socket;
    socket.addEventListener("message", (message) => {
      if (socket === this.socket && typeof message.data === "string") this.receive(message.data);
    });
    socket.addEventListener("close", () => this.lose(socket));
    return socket;
  }

  private send(body: RequestBody, timeout = REQUEST_TIMEOUT_MS): Promise<Result> {
    const socket = this.socket;
    if (socket === null) return Promise.reject(lostError());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new RequestError("timeout", "The server did not answer in time."));
      }, timeout);
      this.pending.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ ...body, id }));
    });
  }

  private receive(text: string): void {
    const message = JSON.parse(text) as ServerMessage;
    if (message.type === "event") {
      this.receiveEvent(message.seq, message.event);
      return;
    }
    if (message.type === "events") {
      const socket = this.socket;
      message.events.forEach((event, index) => {
        // One of them may end the session, or show that something is missing.
        if (socket === this.socket) this.receiveEvent(message.seq + index, event);
      });
      return;
    }
    // A later server may send other kinds of messages.
    const kind: string = message.type;
    if (kind !== "ok" && kind !== "error") return;
    const pending = message.id === null ? undefined : this.pending.get(message.id);
    if (message.id === null || pending === undefined) return;
    this.pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.type === "ok") {
      // At once, not when the promise is looked at: events may follow in the same breath.
      if (message.result) this.begin(message.result);
      pending.resolve(message.result ?? null);
    } else {
      pending.reject(new RequestError(message.code, message.message));
    }
  }

  private begin(result: NonNullable<Result>): void {
    if (!BEGINNINGS.has(result.type)) return;
    if (result.type === "welcome") {
      this.session = { resumeToken: result.resume_token, lastEvent: result.last_event };
    }
    this.waits = result.type === "waits";
    this.ready = !this.waits;
    this.attempt = 0;
    clearInterval(this.heartbeatTimer);
    this.heartbeatTimer = setInterval(() => this.ping(HEARTBEAT_TIMEOUT_MS), HEARTBEAT_MS);
    if (result.type === "resumed") this.handlers.resumed(result);
  }

  private receiveEvent(seq: number, event: EventBody): void {
    const session = this.session;
    if (session === null) {
      // Who waits is in no session: there is nothing that could be resumed, and so nothing to count.
      if (this.waits) this.handlers.event(event);
      return;
    }
    if (seq <= session.lastEvent) return;
    if (seq > session.lastEvent + 1) {
      // Something was missed, which a working server never lets happen: resuming gets it.
      this.drop();
      this.lostSocket();
      return;
    }
    session.lastEvent = seq;
    this.handlers.event(event);
  }

  private ping(timeout: number): void {
    const socket = this.socket;
    this.send({ type: "ping" }, timeout).catch((error: unknown) => {
      if (error instanceof RequestError && error.code === "timeout" && socket !== null) this.lose(socket);
    });
  }

  /** Takes `socket` for lost, once, whether or not the browser has noticed. */
  private lose(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.drop();
    this.lostSocket();
  }

  private lostSocket(): void {
    if (this.closed) return;
    if (this.session === null) {
      if (this.waits) this.forget();
      return;
    }
    this.handlers.lost();
    this.scheduleReconnect(backoffDelay(this.attempt++, this.random));
  }

  private forget(): void {
    this.close();
    this.handlers.sessionLost();
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = this.resuming = null;
    this.ready = false;
    clearInterval(this.heartbeatTimer);
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const request of pending) {
      clearTimeout(request.timer);
      request.reject(lostError());
    }
    socket?.close();
  }

  private scheduleReconnect(delay: number): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined;
      void this.resume();
    }, delay);
  }

  private async resume(): Promise<void> {
    const session = this.session;
    if (session === null) return;
    const timeout =
      CONNECT_TIMEOUTS_MS[Math.min(this.attempt, CONNECT_TIMEOUTS_MS.length) - 1] ?? CONNECT_TIMEOUTS_MS[0];
    const socket = this.open();
    this.resuming = socket;
    try {
      await opened(socket, timeout);
      if (socket !== this.socket) return;
      await this.send({ type: "resume", token: session.resumeToken, last_event: session.lastEvent }, timeout);
      if (this.resuming === socket) this.resuming = null;
    } catch (error) {
      if (error instanceof RequestError && error.code !== "lost" && error.code !== "timeout") {
        this.forget();
      } else {
        this.lose(socket);
      }
    }
  }
}

function lostError(): RequestError {
  return new RequestError("lost", "The connection to the server is lost.");
}

/** Waits for a socket to open; one that takes too long to say either way counts as lost. */
function opened(socket: WebSocket, timeout = REQUEST_TIMEOUT_MS): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(lostError()), timeout);
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      resolve();
    });
    socket.addEventListener("close", () => {
      clearTimeout(timer);
      reject(lostError());
    });
  });
}
