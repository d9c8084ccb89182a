export interface DeviceChoice {
  id: string;
  label: string;
}

export interface DeviceLists {
  microphones: readonly DeviceChoice[];
  cameras: readonly DeviceChoice[];
}

export type DeviceKind = "microphone" | "camera";

/** False on a page that was not loaded over HTTPS (or from this machine): browsers then offer no devices at all. */
export function devicesAvailable(): boolean {
  return (navigator as Partial<Navigator>).mediaDevices !== undefined;
}

export function openDevice(kind: DeviceKind, device: string | null): Promise<MediaStreamTrack> {
  return orAnyDevice(device, (wanted) =>
    openOne(kind === "microphone" ? { audio: microphoneConstraints(wanted) } : { video: cameraConstraints(wanted) }),
  );
}

/** Both at once, so that the browser asks once. */
export async function openBoth(microphone: string | null, camera: string | null): Promise<MediaStream> {
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

export async function listDevices(): Promise<DeviceLists> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const choices = (kind: MediaDeviceKind, word: string): DeviceChoice[] =>
    devices
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map((device, index) => ({ id: device.deviceId, label: device.label || `${word} ${index + 1}` }));
  return { microphones: choices("audioinput", "Microphone"), cameras: choices("videoinput", "Camera") };
}

/** Why a device could not be used, as a sentence with a way on. */
export function deviceProblem(error: unknown, kind: DeviceKind): string {
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      return `The browser was not allowed to use the ${kind}. Allow it beside the address, then turn it on again.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `No ${kind} was found. You can join without one.`;
    case "NotReadableError":
    case "AbortError":
      return `The ${kind} cannot be used just now: another program may be using it.`;
    default:
      return `The ${kind} could not be opened.`;
  }
}

/** True where the device is there but held by someone. */
export function isBusy(error: unknown): boolean {
  return ["NotReadableError", "AbortError"].includes(nameOf(error));
}

export const INSECURE_PAGE =
  "Microphone and camera work only on a page loaded over HTTPS. You can join to see, hear and chat.";

async function openOne(constraints: MediaStreamConstraints): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  const track = stream.getTracks()[0];
  if (track === undefined) throw new DOMException("no track", "NotFoundError");
  return track;
}

/** Opens the wanted device, or another where that one was unplugged. Browsers treat `ideal` as a faint hint only. */
async function orAnyDevice(
  device: string | null,
  open: (device: string | null) => Promise<MediaStreamTrack>,
): Promise<MediaStreamTrack> {
  try {
    return await open(device);
  } catch (error) {
    const gone = ["OverconstrainedError", "NotFoundError"].includes(nameOf(error));
    if (device === null || !gone) throw error;
    return open(null);
  }
}

function microphoneConstraints(device: string | null): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(device === null ? {} : { deviceId: { exact: device } }),
  };
}

function cameraConstraints(device: string | null): MediaTrackConstraints {
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
