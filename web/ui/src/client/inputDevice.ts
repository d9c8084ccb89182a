import { type DeviceKind, type DeviceProblem, deviceProblem, type DeviceWish, isBusy, openDevice } from "./devices";

export interface DeviceState {
  /** What the person asked for; `track` follows. */
  on: boolean;
  track: MediaStreamTrack | null;
  device: string | null;
  /** Why it is not on although it should be. */
  problem: DeviceProblem | null;
}

export const OFF: DeviceState = { on: false, track: null, device: null, problem: null };

/** A device that ends so soon after it was opened, so often in a row, is left alone. */
const SOON_MS = 1000;
const MOST_SOON_ENDS = 3;
/** How long a track may stay without pictures or sound after the page is back in view. */
const WAKE_MS = 1000;

export interface InputHandlers {
  /** How the device is to be opened, now. */
  wish: () => DeviceWish;
  changed: (state: DeviceState) => void;
  /** Another track than before is there. */
  opened: (track: MediaStreamTrack) => void;
  /** The device went by itself, and another was taken in its place. */
  replaced: (track: MediaStreamTrack) => void;
}

/** A microphone or a camera: opened, exchanged, lost and opened again. */
export class InputDevice {
  private state: DeviceState = OFF;
  /** Counts what was asked of the device, so that an answer that comes late is told from the newest. */
  private asked = 0;
  private openedAt = 0;
  private soonEnds = 0;
  private closed = false;
  private wakeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly kind: DeviceKind,
    private readonly handlers: InputHandlers,
  ) {}

  get current(): DeviceState {
    return this.state;
  }

  /** The person wants it on; `take` or `refuse` will follow with the order that is returned. */
  order(): number {
    this.change({ on: true, problem: null });
    return ++this.asked;
  }

  async open(): Promise<void> {
    if (this.closed) return;
    const order = ++this.asked;
    const { track } = this.state;
    const wish = this.handlers.wish();
    try {
      const opened = await openDevice(this.kind, wish).catch((error: unknown) => {
        // Phones open one camera at a time: the next only after the one before is released.
        if (track === null || !isBusy(error)) throw error;
        track.stop();
        return openDevice(this.kind, wish);
      });
      this.take(opened, order);
    } catch (error) {
      this.refuse(deviceProblem(error), order);
    }
  }

  /** Uses a track that was opened for `order`, unless something else was asked since. */
  take(track: MediaStreamTrack, order: number): void {
    const before = this.state;
    if (this.closed || order !== this.asked || (this.kind === "camera" && !before.on)) {
      track.stop();
      return;
    }
    before.track?.stop();
    track.enabled = before.on;
    track.contentHint = this.kind === "camera" ? "motion" : "speech";
    // Only an unplugged or withdrawn device ends by itself.
    track.addEventListener("ended", () => void this.ended(track));
    this.openedAt = performance.now();
    this.handlers.opened(track);
    this.change({ track, device: track.getSettings().deviceId ?? before.device, problem: null });
  }

  refuse(problem: DeviceProblem, order: number): void {
    if (order !== this.asked) return;
    // Where the one before is still open, it must not go on hearing or seeing while it is said to be off.
    this.state.track?.stop();
    this.change({ on: false, track: null, problem });
  }

  /** A muted microphone stays open, so that unmuting is immediate; a camera that is off is released. */
  async set(on: boolean): Promise<void> {
    const { track } = this.state;
    if (this.kind === "microphone" && track !== null) {
      track.enabled = on;
      this.change({ on, problem: null });
      return;
    }
    this.change({ on, problem: null });
    if (on) {
      await this.open();
    } else {
      this.asked++;
      track?.stop();
      this.change({ track: null });
    }
  }

  /** Opens it in another way, if it is open. */
  async reopen(): Promise<void> {
    if (this.state.on || this.state.track !== null) await this.open();
  }

  /** The page is back in view: a phone may have taken the device away meanwhile, for a call say. */
  revive(): void {
    const { on, track } = this.state;
    if (!on || track === null || this.closed) return;
    if (track.readyState === "ended") {
      void this.open();
    } else if (track.muted) {
      clearTimeout(this.wakeTimer);
      this.wakeTimer = setTimeout(() => {
        if (this.state.track === track && this.state.on && track.muted) void this.open();
      }, WAKE_MS);
    }
  }

  /** What stood in the way is gone, or may be: it is for the person to turn it on. */
  forgive(problem: DeviceProblem): void {
    if (this.state.problem === problem) this.change({ problem: null });
  }

  close(): void {
    this.closed = true;
    this.asked++;
    clearTimeout(this.wakeTimer);
    this.state.track?.stop();
    this.change({ track: null });
  }

  private async ended(track: MediaStreamTrack): Promise<void> {
    if (this.state.track !== track || this.closed) return;
    this.change({ track: null, device: null });
    if (!this.state.on) return;
    this.soonEnds = performance.now() - this.openedAt < SOON_MS ? this.soonEnds + 1 : 0;
    if (this.soonEnds >= MOST_SOON_ENDS) {
      this.soonEnds = 0;
      this.refuse("failed", ++this.asked);
      return;
    }
    await this.open();
    const { track: now } = this.current;
    if (now !== null) this.handlers.replaced(now);
  }

  private change(change: Partial<DeviceState>): void {
    this.state = { ...this.state, ...change };
    this.handlers.changed(this.state);
  }
}
