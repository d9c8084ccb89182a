import { type Counters, readReport, type Sample } from "./stats";
import { Store } from "./store";

const INTERVAL_MS = 2000;
/** While somebody looks at the figures. */
const LOOKING_INTERVAL_MS = 1000;
/** How far back the plots reach. */
export const MOST_SAMPLES = 90;

/**
 * Measures the connection now and then, more often while somebody looks, and keeps the last samples, newest last.
 * Nothing is measured while the page is out of view: the browser holds timers back then, and a plot of that would lie.
 */
export class StatsMonitor extends Store<readonly Sample[]> {
  private counters: Counters = new Map();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lookers = 0;
  private running = false;

  constructor(
    private readonly report: () => Promise<Iterable<object>>,
    private readonly hidden: () => boolean = () => document.hidden,
  ) {
    super([]);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.schedule();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  /** Somebody looks at the figures; returns how to say that they no longer do. */
  look(): () => void {
    this.lookers++;
    if (this.running) void this.measure();
    return () => {
      this.lookers--;
    };
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.measure(), this.lookers > 0 ? LOOKING_INTERVAL_MS : INTERVAL_MS);
  }

  private async measure(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.hidden()) {
      try {
        const { sample, counters } = readReport(await this.report(), this.counters);
        const first = this.counters.size === 0;
        this.counters = counters;
        // The first report has nothing to compare with.
        if (!first) this.set([...this.getSnapshot(), sample].slice(-MOST_SAMPLES));
      } catch {
        // The connection was closed meanwhile.
      }
    }
    if (this.running) this.schedule();
  }
}
