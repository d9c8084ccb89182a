const TICK_MS = 500;
/** The relay sends RTCP every second to everyone; this long without any packet means that the path is gone. */
const SILENT_MS = 3500;
/** The same while sound or pictures arrive, which come many times a second. */
const BUSY_SILENT_MS = 1500;
/** Bytes a second above which it is sound or pictures, and not only reports. */
const BUSY_RATE = 2500;
/** A tick that comes so late means that the page was frozen, or the whole machine asleep. */
const ASLEEP_MS = 5000;

export interface FlowHandlers {
  /** Bytes of media and its reports that were received, without connectivity checks; null before it is connected. */
  received: () => Promise<number | null>;
  /** Media arrives: for the first time, or again. */
  flowing: () => void;
  /** It arrived, and does no more. */
  silent: () => void;
  /** The page was frozen for a while: whatever is known of the network is out of date. */
  woke: () => void;
}

/** Watches whether media really arrives, whatever the states of the connection say. */
export class MediaFlow {
  /** How long nothing has arrived, in milliseconds of a page that was awake. */
  silence = 0;
  private arriving = false;
  private total: number | null = null;
  private busy = false;
  private rate = 0;
  private last = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private generation = 0;

  constructor(
    private readonly handlers: FlowHandlers,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** True while media arrives. */
  get flowing(): boolean {
    return this.arriving;
  }

  /** Begins with another connection, of which nothing is known. */
  restart(): void {
    this.stop();
    this.arriving = false;
    this.total = null;
    this.busy = false;
    this.rate = 0;
    this.silence = 0;
    this.last = this.now();
    this.schedule();
  }

  stop(): void {
    this.generation++;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    const { generation } = this;
    this.timer = setTimeout(() => {
      this.handlers
        .received()
        .catch(() => null)
        .then((total) => {
          if (generation !== this.generation) return;
          this.take(total);
          // A handler may have stopped or restarted it.
          if (generation === this.generation) this.schedule();
        })
        .catch(() => undefined);
    }, TICK_MS);
  }

  private take(total: number | null): void {
    const now = this.now();
    const elapsed = now - this.last;
    this.last = now;
    if (elapsed > ASLEEP_MS) this.handlers.woke();
    const before = this.total;
    if (total === null) return;
    this.total = total;
    if (before === null) return;
    if (total > before) {
      this.rate = 0.5 * this.rate + (500 * (total - before)) / Math.max(elapsed, 1);
      this.busy = this.rate > BUSY_RATE;
      this.silence = 0;
      if (!this.arriving) {
        this.arriving = true;
        this.handlers.flowing();
      }
      return;
    }
    // Timers are held back in a page that nobody sees: that time says nothing about the network.
    this.silence += Math.min(elapsed, 2 * TICK_MS);
    if (this.arriving && this.silence >= (this.busy ? BUSY_SILENT_MS : SILENT_MS)) {
      this.arriving = false;
      this.handlers.silent();
    }
  }
}

/** Bytes received, as a report of `getStats` has it; null where it says nothing. */
export function receivedBytes(report: Iterable<object>): number | null {
  let transport: number | null = null;
  let pairs: number | null = null;
  for (const entry of report as Iterable<{ type: string; bytesReceived?: number }>) {
    if (entry.bytesReceived === undefined) continue;
    if (entry.type === "transport") transport = (transport ?? 0) + entry.bytesReceived;
    // Firefox has no entry for the transport.
    else if (entry.type === "candidate-pair") pairs = (pairs ?? 0) + entry.bytesReceived;
  }
  return transport ?? pairs;
}
