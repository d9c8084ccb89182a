/** How often UDP is tried again while media goes over TCP. */
export const RETRY_MS = 60_000;

export interface UdpRetrySteps {
  /** Whether an offer can be made, and media flows. */
  possible: () => boolean;
  overTcp: () => Promise<boolean>;
  restartIce: () => void;
}

/**
 * Media goes over TCP where UDP is blocked, and would stay there when UDP works again: in another network, after a
 * firewall's bad moment. A restart of ICE tries all paths anew, and media stays on the present one until a better one is
 * found.
 */
export class UdpRetry {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly steps: UdpRetrySteps) {}

  start(): void {
    this.timer ??= setInterval(() => {
      // A connection that was closed meanwhile has no statistics.
      this.look().catch(() => undefined);
    }, RETRY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  async look(): Promise<void> {
    if (this.steps.possible() && (await this.steps.overTcp()) && this.steps.possible()) this.steps.restartIce();
  }
}
