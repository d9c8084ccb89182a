/** How long a restart of ICE may take before the next step. */
const RESTART_MS = 6000;
const RESTARTS_BEFORE_REJOIN = 2;

export interface RecoverySteps {
  /** Whether a restart can be asked for at all, now. */
  possible: () => boolean;
  connected: () => boolean;
  restartIce: () => void;
  /** A new session with a new connection. */
  rejoin: () => void;
}

/**
 * What to do while media does not flow: restart ICE, again, then join anew. Where even that has brought nothing (no
 * UDP out of this network, say), joining over and over would only be noise to the others: ICE alone goes on trying.
 */
export class MediaRecovery {
  private restarts = 0;
  private rejoined = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly steps: RecoverySteps) {}

  /** Media should flow within the time of a restart from now on. */
  expectMedia(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.steps.connected()) this.broken();
    }, RESTART_MS);
  }

  flowing(): void {
    clearTimeout(this.timer);
    this.restarts = 0;
    this.rejoined = false;
  }

  broken(): void {
    clearTimeout(this.timer);
    // Without signaling nothing can be done; whoever brings it back looks at media too.
    if (!this.steps.possible()) return;
    if (this.restarts >= RESTARTS_BEFORE_REJOIN && !this.rejoined) {
      this.restarts = 0;
      this.rejoined = true;
      this.steps.rejoin();
      return;
    }
    this.restarts++;
    this.steps.restartIce();
    this.expectMedia();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
