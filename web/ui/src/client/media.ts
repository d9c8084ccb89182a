import {
  type DeviceKind,
  type DeviceLists,
  deviceProblem,
  devicesAvailable,
  INSECURE_PAGE,
  isBusy,
  listDevices,
  openBoth,
  openDevice,
  openScreen,
} from "./devices";
import { Store } from "./store";

export interface DeviceState {
  /** What the person asked for; `track` follows. */
  on: boolean;
  track: MediaStreamTrack | null;
  device: string | null;
  /** Why it is not on although it should be: a sentence. */
  problem: string | null;
}

export interface MediaState {
  microphone: DeviceState;
  camera: DeviceState;
  screen: MediaStreamTrack | null;
  screenAudio: MediaStreamTrack | null;
  devices: DeviceLists;
  /** Nothing on this page can use devices. */
  insecure: boolean;
}

const OFF: DeviceState = { on: false, track: null, device: null, problem: null };

/** One's own microphone, camera and screen, from before the call until after it. */
export class LocalMedia extends Store<MediaState> {
  private closed = false;
  /** Counts what was asked of a device, so that an answer that comes late is told from the newest. */
  private readonly asked = { microphone: 0, camera: 0 };

  constructor() {
    super({
      microphone: OFF,
      camera: OFF,
      screen: null,
      screenAudio: null,
      devices: { microphones: [], cameras: [] },
      insecure: false,
    });
  }

  /** Turns both on, as far as there are any. */
  async start(): Promise<void> {
    if (!devicesAvailable()) {
      this.update({ insecure: true });
      return;
    }
    navigator.mediaDevices.addEventListener("devicechange", this.refreshDevices);
    const { microphone, camera } = this.getSnapshot();
    this.change("microphone", { on: true });
    this.change("camera", { on: true });
    const orders = { microphone: ++this.asked.microphone, camera: ++this.asked.camera };
    try {
      const stream = await openBoth(microphone.device, camera.device);
      for (const track of stream.getTracks()) {
        const kind = track.kind === "audio" ? "microphone" : "camera";
        this.take(kind, track, orders[kind]);
      }
    } catch {
      // One of the two may be missing or refused: the other has to work all the same.
      await Promise.all([this.open("microphone"), this.open("camera")]);
    }
    this.refreshDevices();
  }

  /** A muted microphone stays open, so that unmuting is immediate. */
  async setMicrophone(on: boolean): Promise<void> {
    const { track } = this.getSnapshot().microphone;
    if (track !== null) track.enabled = on;
    this.change("microphone", { on, problem: null });
    if (on && track === null) await this.open("microphone");
  }

  /** A camera that is off is released: its light goes out. */
  async setCamera(on: boolean): Promise<void> {
    if (on) {
      this.change("camera", { on, problem: null });
      await this.open("camera");
    } else {
      this.asked.camera++;
      this.getSnapshot().camera.track?.stop();
      this.change("camera", { on, track: null, problem: null });
    }
  }

  async selectDevice(kind: DeviceKind, device: string): Promise<void> {
    this.change(kind, { device });
    const { on, track } = this.getSnapshot()[kind];
    if (on || track !== null) await this.open(kind);
  }

  /** Resolves with false where the person changed their mind or the browser refused. */
  async startScreen(): Promise<boolean> {
    let stream: MediaStream;
    try {
      stream = await openScreen();
    } catch {
      return false;
    }
    const screen = stream.getVideoTracks()[0] ?? null;
    // The browser's own bar ends the track without asking us.
    screen?.addEventListener("ended", () => {
      if (this.getSnapshot().screen === screen) this.stopScreen();
    });
    this.update({ screen, screenAudio: stream.getAudioTracks()[0] ?? null });
    return screen !== null;
  }

  stopScreen(): void {
    const { screen, screenAudio } = this.getSnapshot();
    screen?.stop();
    screenAudio?.stop();
    this.update({ screen: null, screenAudio: null });
  }

  /** Releases everything. */
  close(): void {
    this.closed = true;
    if (devicesAvailable()) navigator.mediaDevices.removeEventListener("devicechange", this.refreshDevices);
    const { microphone, camera } = this.getSnapshot();
    microphone.track?.stop();
    camera.track?.stop();
    this.stopScreen();
    this.update({ microphone: { ...microphone, track: null }, camera: { ...camera, track: null } });
  }

  private readonly refreshDevices = (): void => {
    listDevices().then(
      (devices) => this.update({ devices }),
      () => undefined,
    );
  };

  private change(kind: DeviceKind, change: Partial<DeviceState>): void {
    const state = this.getSnapshot();
    this.set({ ...state, [kind]: { ...state[kind], ...change } });
  }

  private async open(kind: DeviceKind): Promise<void> {
    if (!devicesAvailable()) {
      this.change(kind, { on: false, problem: INSECURE_PAGE });
      return;
    }
    const order = ++this.asked[kind];
    const { device, track } = this.getSnapshot()[kind];
    try {
      const opened = await openDevice(kind, device).catch((error: unknown) => {
        // Phones open one camera at a time: the next only after the one before is released.
        if (track === null || !isBusy(error)) throw error;
        track.stop();
        return openDevice(kind, device);
      });
      this.take(kind, opened, order);
      this.refreshDevices();
    } catch (error) {
      if (order === this.asked[kind]) this.change(kind, { on: false, problem: deviceProblem(error, kind) });
    }
  }

  private take(kind: DeviceKind, track: MediaStreamTrack, order: number): void {
    const before = this.getSnapshot()[kind];
    if (this.closed || order !== this.asked[kind] || (kind === "camera" && !before.on)) {
      track.stop();
      return;
    }
    before.track?.stop();
    track.enabled = before.on;
    track.contentHint = kind === "camera" ? "motion" : "speech";
    // Only an unplugged or withdrawn device ends by itself: try whatever else there is.
    track.addEventListener("ended", () => {
      if (this.getSnapshot()[kind].track !== track) return;
      this.change(kind, { track: null, device: null });
      if (this.getSnapshot()[kind].on) void this.open(kind);
    });
    this.change(kind, { track, device: track.getSettings().deviceId ?? before.device, problem: null });
  }
}
