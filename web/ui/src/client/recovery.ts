/** How long each attempt gets before the next one; the last goes on for ever. */
const WAITS_MS = [2500, 3500, 5000, 8000, 12_000, 20_000, 30_000] as const;
const RESTARTS_FIRST = 2;
/** A hint that comes so soon after an attempt is about what the attempt already sees to. */
const SETTLE_MS = 1000;
/** How long a new connection may take until its first packet of media. */
const FIRST_PACKET_MS = 4000;
/** When people are told that media doesn't get through. */
const BLOCKED_MS = 7000;

export interface RecoverySteps {
  /** Whether an offer can be made at all, now. */
  possible: () => boolean;
  restartIce: () => void;
  /** A new peer connection in the same session. */
  reconnect: () => void;
  /** Media has not got through for a while, although the server can be reached; or does again. */
  blocked: (blocked: boolean) => void;
}

/**
 * What to do while media does not flow: restart ICE, again, then make a new peer connection, and so on in turn, waiting
 * longer each time. Only media that flows brings back the short waits. Nobody joins again for it: that would show the
 * others one person twice, and a network that lets no UDP through would not let it through then either.
 */
export class MediaRecovery {
  private attempts = 0;
  private attemptedAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private blockedTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly steps: RecoverySteps,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A connection was just offered: media should flow soon. */
  expectMedia(): void {
    this.countTrouble();
    this.wait(FIRST_PACKET_MS);
  }

  flowing(): void {
    this.pause();
    this.attempts = 0;
    this.steps.blocked(false);
  }

  /** Media stopped, or may have: the network changed. */
  broken(): void {
    if (!this.steps.possible() || this.now() - this.attemptedAt < SETTLE_MS) return;
    this.attempt();
  }

  /** The connection can't be brought back: only a new one helps. */
  ended(): void {
    if (!this.steps.possible()) return;
    this.attempts = Math.max(this.attempts, RESTARTS_FIRST);
    if (this.attempts % 2 === 1) this.attempts++;
    // The first new connection is made at once, further ones in their time.
    if (this.attempts === RESTARTS_FIRST) this.attempt();
    else if (this.timer === undefined) this.wait(this.nextWait());
  }

  /** Somebody asks for it: a new connection at once. */
  retry(): void {
    if (!this.steps.possible()) return;
    this.attempts = RESTARTS_FIRST;
    this.attempt();
  }

  /** Without signaling nothing can be done; once it is back, media is looked at too. */
  pause(): void {
    clearTimeout(this.timer);
    clearTimeout(this.blockedTimer);
    this.timer = this.blockedTimer = undefined;
    // What was asked for last may never have arrived.
    this.attemptedAt = -Infinity;
  }

  private attempt(): void {
    const step = this.attempts++;
    const restart = step < RESTARTS_FIRST || step % 2 === 1;
    this.attemptedAt = this.now();
    this.countTrouble();
    this.wait(this.nextWait());
    if (restart) this.steps.restartIce();
    else this.steps.reconnect();
  }

  private nextWait(): number {
    return WAITS_MS[Math.min(this.attempts, WAITS_MS.length) - 1] ?? WAITS_MS[0];
  }

  private wait(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.steps.possible()) this.attempt();
    }, milliseconds);
  }

  private countTrouble(): void {
    this.blockedTimer ??= setTimeout(() => {
      if (this.steps.possible()) this.steps.blocked(true);
    }, BLOCKED_MS);
  }
}
