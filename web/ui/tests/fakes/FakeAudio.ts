import { vi } from "vitest";

/** An AudioContext that makes and hears no sound. */
export class FakeContext {
  state: "running" | "closed" = "running";
  readonly currentTime = 0;
  readonly destination = {};
  /** When each note begins and ends, in seconds. */
  readonly notes: { start: number; stop: number }[] = [];
  readonly sinks: string[] = [];
  resumed = 0;
  closings = 0;

  constructor(private readonly audio: FakeAudio) {
    audio.contexts.push(this);
  }

  createAnalyser(): object {
    return {
      fftSize: 0,
      getFloatTimeDomainData: (samples: Float32Array) => samples.fill(this.audio.amplitude),
    };
  }

  createMediaStreamSource(stream: FakeStream): { connect: () => void } {
    this.audio.heard.push(...stream.getTracks());
    return { connect: () => undefined };
  }

  createOscillator(): object {
    const note = { start: NaN, stop: NaN };
    this.notes.push(note);
    return {
      frequency: {},
      connect: (next: object) => next,
      start: (at: number) => (note.start = at),
      stop: (at: number) => (note.stop = at),
    };
  }

  createGain(): object {
    const set = (): void => undefined;
    const gain = { setValueAtTime: set, linearRampToValueAtTime: set, exponentialRampToValueAtTime: set };
    return { gain, connect: (next: object) => next };
  }

  setSinkId(device: string): Promise<void> {
    this.sinks.push(device);
    return this.audio.refusesSinks ? Promise.reject(new DOMException("gone", "NotFoundError")) : Promise.resolve();
  }

  resume(): Promise<void> {
    this.resumed++;
    return Promise.resolve();
  }

  /** As in browsers that say only a moment later that it is closed, and refuse a second time. */
  close(): Promise<void> {
    if (this.closings++ > 0) return Promise.reject(new DOMException("closed already", "InvalidStateError"));
    queueMicrotask(() => {
      this.state = "closed";
    });
    return Promise.resolve();
  }
}

/** A MediaStream of whatever tracks a test has. */
export class FakeStream {
  constructor(private readonly tracks: readonly object[]) {}

  getTracks(): readonly object[] {
    return this.tracks;
  }
}

/** What can be heard on a page: the test says how loud it is. */
export class FakeAudio {
  readonly contexts: FakeContext[] = [];
  /** Tracks that are listened to, or were. */
  readonly heard: object[] = [];
  /** From 0 to 1. */
  amplitude = 0;
  refusesSinks = false;

  install(): void {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the constructor below has a `this` of its own
    const audio = this;
    vi.stubGlobal(
      "AudioContext",
      class extends FakeContext {
        constructor() {
          super(audio);
        }
      },
    );
    vi.stubGlobal("MediaStream", FakeStream);
  }

  get latest(): FakeContext {
    const context = this.contexts.at(-1);
    if (context === undefined) throw new Error("nothing is heard");
    return context;
  }
}
