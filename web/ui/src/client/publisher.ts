import type { MediaState } from "./media";
import { CAMERA_ENCODINGS, SCREEN_BITRATE, type Source } from "./peer";
import type { Encoding } from "./protocol";
import { type RequestBody, RequestError } from "./signaling";

export const SOURCES: readonly Source[] = ["microphone", "camera", "screen", "screen_audio"];

/** What the server should know of one source. */
export interface WantedPublication {
  muted: boolean;
  width: number | null;
  height: number | null;
  encodings: Encoding[];
}

type WantedPublications = Partial<Record<Source, WantedPublication>>;

/** What should be published, given the state of devices and what already is: what was once shown stays, muted. */
export function wantedPublications(media: MediaState, published: ReadonlySet<Source>): WantedPublications {
  const wanted: WantedPublications = {};
  const { microphone, camera, screen, screenAudio } = media;
  if (microphone.track !== null || published.has("microphone")) {
    wanted.microphone = audio(!microphone.on || microphone.track === null);
  }
  if (camera.track !== null) {
    const size = pictureSize(camera.track);
    wanted.camera = { muted: !camera.on, ...size, encodings: cameraEncodings(size.height) };
  } else if (published.has("camera")) {
    wanted.camera = { muted: true, width: null, height: null, encodings: [] };
  }
  if (screen !== null) {
    const size = pictureSize(screen);
    const encodings = size.height === null ? [] : [{ rid: "", height: size.height, max_bitrate: SCREEN_BITRATE }];
    wanted.screen = { muted: false, ...size, encodings };
  }
  if (screenAudio !== null) wanted.screen_audio = audio(false);
  return wanted;
}

export function trackOf(media: MediaState, source: Source): MediaStreamTrack | null {
  switch (source) {
    case "microphone":
      return media.microphone.track;
    case "camera":
      return media.camera.track;
    case "screen":
      return media.screen;
    case "screen_audio":
      return media.screenAudio;
  }
}

function audio(muted: boolean): WantedPublication {
  return { muted, width: null, height: null, encodings: [] };
}

function pictureSize(track: MediaStreamTrack): { width: number | null; height: number | null } {
  const { width = 0, height = 0 } = track.getSettings();
  return width > 0 && height > 0 ? { width, height } : { width: null, height: null };
}

function cameraEncodings(height: number | null): Encoding[] {
  if (height === null) return [];
  return CAMERA_ENCODINGS.map(({ rid, scaleResolutionDownBy, maxBitrate }) => ({
    rid,
    height: Math.max(1, Math.round(height / scaleResolutionDownBy)),
    max_bitrate: maxBitrate,
  }));
}

/** Keeps the server told of what is published: computes the whole, sends the difference. */
export class Publisher {
  private readonly told = new Map<Source, WantedPublication>();
  private readonly unsure = new Set<Source>();

  constructor(private readonly request: (body: RequestBody) => Promise<unknown>) {}

  /** Sources that the server has been told of. */
  get published(): ReadonlySet<Source> {
    return new Set(this.told.keys());
  }

  /** A new session: the server has been told nothing. */
  reset(): void {
    this.told.clear();
    this.unsure.clear();
  }

  /** The server has this publication otherwise than it was told: a host muted it, or the room mutes what is new. */
  correct(source: Source, muted: boolean): void {
    const told = this.told.get(source);
    if (told !== undefined) this.told.set(source, { ...told, muted });
  }

  update(wanted: WantedPublications, mids: Readonly<Record<Source, string | null>>): void {
    for (const source of SOURCES) {
      const now = wanted[source];
      const mid = mids[source];
      if (now === undefined) this.withdraw(source);
      else if (mid !== null) this.tell(source, mid, now);
    }
  }

  private withdraw(source: Source): void {
    if (!this.told.has(source) && !this.unsure.has(source)) return;
    this.told.delete(source);
    this.unsure.delete(source);
    this.request({ type: "unpublish", source }).catch((error: unknown) => {
      // Any refusal means that the server has none, which is what is wanted; a lost request has to be made again.
      if (error instanceof RequestError && (error.code === "lost" || error.code === "timeout")) this.unsure.add(source);
    });
  }

  private tell(source: Source, mid: string, now: WantedPublication): void {
    const before = this.told.get(source);
    const unsure = this.unsure.has(source);
    const sizeKept = before !== undefined && (now.height === null || sameSize(before, now));
    if (!unsure && sizeKept && before.muted === now.muted) return;
    const wanted = sizeKept ? { ...before, muted: now.muted } : now;
    this.told.set(source, wanted);
    this.unsure.delete(source);
    const body: RequestBody =
      sizeKept && !unsure ? { type: "mute", source, muted: now.muted } : { type: "publish", mid, source, ...wanted };
    this.request(body).catch(() => {
      this.unsure.add(source);
    });
  }
}

function sameSize(one: WantedPublication, other: WantedPublication): boolean {
  return one.width === other.width && one.height === other.height;
}
