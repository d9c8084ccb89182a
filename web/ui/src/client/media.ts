import {
  canBlur,
  type DeviceKind,
  type DeviceLists,
  devicesAvailable,
  listDevices,
  openBoth,
  openScreen,
  setBlur,
  watchPermission,
} from "./devices";
import { type DeviceState, InputDevice, OFF } from "./inputDevice";
import { callAll } from "./listeners";
import { Preferences, type PreferenceState } from "./preferences";
import { Store } from "./store";

export type { DeviceState } from "./inputDevice";

export interface MediaState {
  microphone: DeviceState;
  camera: DeviceState;
  screen: MediaStreamTrack | null;
  screenAudio: MediaStreamTrack | null;
  devices: DeviceLists;
  /** Nothing on this page can use devices. */
  insecure: boolean;
  /** The camera can blur what is behind the person. */
  blurs: boolean;
}

/** A device went, and another one took its place: `label` is what the browser calls that. */
export interface DeviceReplaced {
  kind: DeviceKind;
  label: string;
}

export const NO_MEDIA: MediaState = {
  microphone: OFF,
  camera: OFF,
  screen: null,
  screenAudio: null,
  devices: { microphones: [], cameras: [], speakers: [] },
  insecure: false,
  blurs: false,
};

const KINDS: readonly DeviceKind[] = ["microphone", "camera"];

/** One's own microphone, camera and screen, from before the call until after it. */
export class LocalMedia extends Store<MediaState> {
  private readonly inputs: Readonly<Record<DeviceKind, InputDevice>>;
  private readonly replacedListeners = new Set<(event: DeviceReplaced) => void>();
  private stops: (() => void)[] = [];
  private closed = false;
  private preferred: PreferenceState;

  constructor(readonly preferences = new Preferences()) {
    super(NO_MEDIA);
    this.preferred = preferences.getSnapshot();
    this.inputs = { microphone: this.createInput("microphone"), camera: this.createInput("camera") };
  }

  /** Turns both on, as far as there are any. */
  async start(): Promise<void> {
    if (!devicesAvailable()) {
      this.update({ insecure: true });
      return;
    }
    // Who was refused may start again.
    if (this.stops.length === 0) this.listen();
    const { microphone, camera } = this.inputs;
    const orders = { microphone: microphone.order(), camera: camera.order() };
    try {
      const stream = await openBoth(this.wish("microphone"), this.wish("camera"));
      for (const track of stream.getTracks()) {
        const kind = track.kind === "audio" ? "microphone" : "camera";
        this.inputs[kind].take(track, orders[kind]);
      }
    } catch {
      // One of the two may be missing or refused: the other has to work all the same.
      await Promise.all(KINDS.map((kind) => this.inputs[kind].reopen()));
    }
    this.refreshDevices();
  }

  async setMicrophone(on: boolean): Promise<void> {
    await this.turn("microphone", on);
  }

  async setCamera(on: boolean): Promise<void> {
    await this.turn("camera", on);
  }

  /** Remembers the choice, and uses it at once where the device is open. */
  async selectDevice(kind: DeviceKind, device: string): Promise<void> {
    this.preferences.update({ [kind]: device });
    await this.inputs[kind].reopen();
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
    if (this.closed) {
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
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

  /** Calls `listener` when an unplugged device was replaced by another; returns how to stop. */
  onReplaced(listener: (event: DeviceReplaced) => void): () => void {
    this.replacedListeners.add(listener);
    return () => {
      this.replacedListeners.delete(listener);
    };
  }

  /** Releases everything. */
  close(): void {
    this.closed = true;
    for (const stop of this.stops) stop();
    this.stops = [];
    for (const kind of KINDS) this.inputs[kind].close();
    this.stopScreen();
  }

  private async turn(kind: DeviceKind, on: boolean): Promise<void> {
    if (on && !devicesAvailable()) {
      this.inputs[kind].refuse("insecure", this.inputs[kind].order());
      return;
    }
    await this.inputs[kind].set(on);
    this.refreshDevices();
  }

  private wish(kind: DeviceKind) {
    const { echoCancellation, noiseSuppression, [kind]: device } = this.preferences.getSnapshot();
    return { device, echoCancellation, noiseSuppression };
  }

  private createInput(kind: DeviceKind): InputDevice {
    return new InputDevice(kind, {
      wish: () => this.wish(kind),
      changed: (state) => {
        const blurs = kind === "camera" ? canBlur(state.track) : this.getSnapshot().blurs;
        this.update({ [kind]: state, blurs });
      },
      opened: (track) => {
        if (kind === "camera" && this.preferences.getSnapshot().blur && canBlur(track)) void setBlur(track, true);
      },
      replaced: ({ label }) => {
        callAll(this.replacedListeners, { kind, label });
      },
    });
  }

  private listen(): void {
    const { mediaDevices } = navigator;
    const devicesChanged = (): void => this.refreshDevices();
    const visibilityChanged = (): void => {
      if (!document.hidden) for (const kind of KINDS) this.inputs[kind].revive();
    };
    mediaDevices.addEventListener("devicechange", devicesChanged);
    document.addEventListener("visibilitychange", visibilityChanged);
    this.stops.push(
      () => mediaDevices.removeEventListener("devicechange", devicesChanged),
      () => document.removeEventListener("visibilitychange", visibilityChanged),
      this.preferences.subscribe(() => this.preferencesChanged()),
      ...KINDS.map((kind) =>
        watchPermission(kind, (state) => {
          if (state !== "denied") this.inputs[kind].forgive("denied");
          this.refreshDevices();
        }),
      ),
    );
  }

  private preferencesChanged(): void {
    const before = this.preferred;
    const now = (this.preferred = this.preferences.getSnapshot());
    if (now.echoCancellation !== before.echoCancellation || now.noiseSuppression !== before.noiseSuppression) {
      // Browsers accept such a change of an open microphone, and most then do nothing.
      void this.inputs.microphone.reopen();
    }
    const { camera, blurs } = this.getSnapshot();
    if (now.blur !== before.blur && blurs && camera.track !== null) void setBlur(camera.track, now.blur);
  }

  private refreshDevices(): void {
    if (!devicesAvailable() || this.closed) return;
    listDevices().then(
      (devices) => this.devicesListed(devices),
      () => undefined,
    );
  }

  private devicesListed(devices: DeviceLists): void {
    if (this.closed) return;
    this.update({ devices });
    for (const kind of KINDS) {
      const choices = kind === "microphone" ? devices.microphones : devices.cameras;
      const { track, device } = this.inputs[kind].current;
      const chosen = this.preferences.getSnapshot()[kind];
      // The one that was chosen is plugged in again.
      const back = chosen !== null && device !== chosen && choices.some(({ id }) => id === chosen);
      if (track !== null && back) void this.inputs[kind].reopen();
      if (choices.length > 0) this.inputs[kind].forgive("missing");
    }
  }
}
