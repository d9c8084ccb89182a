export interface DeviceChoice {
  id: string;
  /** Empty where the browser does not tell names yet. */
  label: string;
}

export interface DeviceLists {
  microphones: readonly DeviceChoice[];
  cameras: readonly DeviceChoice[];
  /** Empty where the browser does not let a page choose. */
  speakers: readonly DeviceChoice[];
}

export type DeviceKind = "microphone" | "camera";

/** Why a device is not on although it should be. */
export type DeviceProblem = "denied" | "denied_by_system" | "missing" | "busy" | "insecure" | "failed";

/** How a device is to be opened; null: whichever the browser takes. */
export interface DeviceWish {
  device: string | null;
  echoCancellation: boolean;
  noiseSuppression: boolean;
}

/** False on a page that was not loaded over HTTPS (or from this machine): browsers then offer no devices at all. */
export function devicesAvailable(): boolean {
  return (navigator as Partial<Navigator>).mediaDevices !== undefined;
}

/** False on phones, whose browsers do not let a page have the screen. */
export function screenAvailable(): boolean {
  return devicesAvailable() && "getDisplayMedia" in navigator.mediaDevices;
}

export function openDevice(kind: DeviceKind, wish: DeviceWish): Promise<MediaStreamTrack> {
  return orAnyDevice(wish, (wanted) =>
    openOne(kind === "microphone" ? { audio: microphoneConstraints(wanted) } : { video: cameraConstraints(wanted) }),
  );
}

/** Both at once, so that the browser asks once. */
export async function openBoth(microphone: DeviceWish, camera: DeviceWish): Promise<MediaStream> {
  return await navigator.mediaDevices.getUserMedia({
    audio: microphoneConstraints(microphone),
    video: cameraConstraints(camera),
  });
}

/** A screen, window or tab, with its sound where the browser gives it. */
export async function openScreen(): Promise<MediaStream> {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 15 } }, audio: true });
  // Text has to stay readable: rather fewer pictures than smaller ones.
  for (const track of stream.getVideoTracks()) track.contentHint = "detail";
  return stream;
}

/**
 * Whether a camera looks away from the person, as a phone's on its back: what it sees is not mirrored, as text in it is
 * to be read. Browsers that don't tell say it in the camera's name at best.
 */
export function facesAway(track: MediaStreamTrack | null): boolean {
  if (track === null) return false;
  const { facingMode } = track.getSettings();
  if (facingMode) return facingMode === "environment";
  return /\b(?:back|rear|environment|rückseit\w*|rückkamera)\b/iu.test(track.label);
}

export async function listDevices(): Promise<DeviceLists> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const choices = (kind: MediaDeviceKind): DeviceChoice[] =>
    devices
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  const canChoose = "setSinkId" in HTMLMediaElement.prototype;
  return {
    microphones: choices("audioinput"),
    cameras: choices("videoinput"),
    speakers: canChoose ? choices("audiooutput") : [],
  };
}

export function deviceProblem(error: unknown): DeviceProblem {
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      // Only the sentence of Chromium and Firefox tells the browser's refusal from the system's.
      return error instanceof Error && /\bsystem\b/i.test(error.message) ? "denied_by_system" : "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}

/** True where the device is there but held by someone. */
export function isBusy(error: unknown): boolean {
  return deviceProblem(error) === "busy";
}

/**
 * Calls `changed` when the person allows or forbids a device in the browser's own settings; returns how to stop.
 * Browsers that do not tell are left alone.
 */
export function watchPermission(kind: DeviceKind, changed: (state: PermissionState) => void): () => void {
  let status: PermissionStatus | null = null;
  let stopped = false;
  const tell = (): void => {
    if (status !== null) changed(status.state);
  };
  const { permissions } = navigator as Partial<Navigator>;
  permissions?.query({ name: kind }).then(
    (found) => {
      if (stopped) return;
      status = found;
      found.addEventListener("change", tell);
    },
    () => undefined,
  );
  return () => {
    stopped = true;
    status?.removeEventListener("change", tell);
  };
}

/** Whether the browser can blur what is behind the person in this track. */
export function canBlur(track: MediaStreamTrack | null): boolean {
  // Firefox has no such question.
  const asked = track as Partial<MediaStreamTrack> | null;
  const { backgroundBlur = [] } = (asked?.getCapabilities?.() ?? {}) as { backgroundBlur?: readonly boolean[] };
  return backgroundBlur.includes(true) && backgroundBlur.includes(false);
}

/** Blurs, or stops blurring, what is behind the person. A browser that cannot do so after all leaves it. */
export async function setBlur(track: MediaStreamTrack, blur: boolean): Promise<void> {
  const constraints: MediaTrackConstraints & { backgroundBlur: boolean } = { backgroundBlur: blur };
  await track.applyConstraints({ ...track.getConstraints(), ...constraints }).catch(() => undefined);
}

async function openOne(constraints: MediaStreamConstraints): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  const track = stream.getTracks()[0];
  if (track === undefined) throw new DOMException("no track", "NotFoundError");
  return track;
}

/** Opens the wanted device, or another where that one was unplugged. Browsers treat `ideal` as a faint hint only. */
async function orAnyDevice(
  wish: DeviceWish,
  open: (wish: DeviceWish) => Promise<MediaStreamTrack>,
): Promise<MediaStreamTrack> {
  try {
    return await open(wish);
  } catch (error) {
    if (wish.device === null || deviceProblem(error) !== "missing") throw error;
    return open({ ...wish, device: null });
  }
}

function microphoneConstraints({ device, echoCancellation, noiseSuppression }: DeviceWish): MediaTrackConstraints {
  return {
    echoCancellation,
    noiseSuppression,
    autoGainControl: true,
    ...(device === null ? {} : { deviceId: { exact: device } }),
  };
}

function cameraConstraints({ device }: DeviceWish): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
    ...(device === null ? {} : { deviceId: { exact: device } }),
  };
}

/** OverconstrainedError is not an Error everywhere, but all that browsers throw here has a name. */
function nameOf(error: unknown): string {
  return error instanceof Object && "name" in error && typeof error.name === "string" ? error.name : "";
}
