import { vi } from "vitest";

/** A track of a device: the test says when it is unplugged or taken away. */
export class FakeTrack extends EventTarget {
  enabled = true;
  muted = false;
  readyState: "live" | "ended" = "live";
  contentHint = "";
  readonly applied: MediaTrackConstraints[] = [];
  readonly clones: FakeTrack[] = [];

  constructor(
    readonly kind: "audio" | "video",
    readonly deviceId: string,
    private readonly blurs = false,
  ) {
    super();
  }

  get label(): string {
    return `label of ${this.deviceId}`;
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }

  getCapabilities(): object {
    return this.blurs ? { backgroundBlur: [true, false] } : {};
  }

  getConstraints(): MediaTrackConstraints {
    return {};
  }

  applyConstraints(constraints: MediaTrackConstraints): Promise<void> {
    this.applied.push(constraints);
    return Promise.resolve();
  }

  clone(): FakeTrack {
    const clone = Object.assign(new FakeTrack(this.kind, this.deviceId, this.blurs), { enabled: this.enabled });
    this.clones.push(clone);
    return clone;
  }

  stop(): void {
    this.readyState = "ended";
  }

  /** As a browser does when the device goes. */
  lose(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

interface Plugged {
  kind: "audioinput" | "videoinput" | "audiooutput";
  id: string;
}

/** The devices of a machine, behind what `navigator` offers. */
export class FakeDevices extends EventTarget {
  plugged: Plugged[] = [
    { kind: "audioinput", id: "mic 1" },
    { kind: "audioinput", id: "mic 2" },
    { kind: "videoinput", id: "cam 1" },
  ];
  readonly opened: FakeTrack[] = [];
  readonly asked: MediaStreamConstraints[] = [];
  /** What the next openings fail with, in order; null: they don't. */
  readonly failures: (string | null)[] = [];
  blurs = false;

  readonly getUserMedia = (constraints: MediaStreamConstraints): Promise<object> => {
    this.asked.push(constraints);
    const failure = this.failures.shift();
    if (failure) return Promise.reject(new DOMException(failure, failure));
    try {
      const tracks = [
        ...(constraints.audio ? [this.open("audio", constraints.audio)] : []),
        ...(constraints.video ? [this.open("video", constraints.video)] : []),
      ];
      return Promise.resolve({ getTracks: () => tracks });
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  };

  readonly enumerateDevices = (): Promise<object[]> =>
    Promise.resolve(this.plugged.map(({ kind, id }) => ({ kind, deviceId: id, label: `label of ${id}` })));

  /** The newest open track of a kind. */
  latest(kind: "audio" | "video"): FakeTrack {
    const found = this.opened.findLast((track) => track.kind === kind);
    if (found === undefined) throw new Error(`no ${kind} was opened`);
    return found;
  }

  unplug(id: string): void {
    this.plugged = this.plugged.filter((device) => device.id !== id);
    for (const track of this.opened) if (track.deviceId === id && track.readyState === "live") track.lose();
    this.dispatchEvent(new Event("devicechange"));
  }

  plugIn(device: Plugged): void {
    this.plugged.push(device);
    this.dispatchEvent(new Event("devicechange"));
  }

  /** Puts itself where the page looks for it. */
  install(): { show: (hidden: boolean) => void; permission: (state: PermissionState) => void } {
    const document = Object.assign(new EventTarget(), { hidden: false });
    const status = Object.assign(new EventTarget(), { state: "granted" });
    vi.stubGlobal("navigator", { mediaDevices: this, permissions: { query: () => Promise.resolve(status) } });
    vi.stubGlobal("document", document);
    vi.stubGlobal("HTMLMediaElement", { prototype: { setSinkId: null } });
    return {
      show: (hidden) => {
        document.hidden = hidden;
        document.dispatchEvent(new Event("visibilitychange"));
      },
      permission: (state) => {
        status.state = state;
        status.dispatchEvent(new Event("change"));
      },
    };
  }

  private open(kind: "audio" | "video", constraints: true | MediaTrackConstraints): FakeTrack {
    const wanted = constraints === true ? undefined : constraints.deviceId;
    const exact = wanted instanceof Object && "exact" in wanted ? wanted.exact : undefined;
    const there = this.plugged.filter((device) => device.kind === `${kind}input`);
    const device = exact === undefined ? there[0] : there.find(({ id }) => id === exact);
    if (device === undefined) {
      throw new DOMException("none", exact === undefined ? "NotFoundError" : "OverconstrainedError");
    }
    const track = new FakeTrack(kind, device.id, this.blurs);
    this.opened.push(track);
    return track;
  }
}
