import { socketAddress } from "./api";
import { call } from "./http";
import { CAMERA_ENCODINGS, Peer } from "./peer";
import type { Welcome } from "./protocol";
import { randomId } from "./randomId";
import { type EventBody, RequestError, Signaling } from "./signaling";
import { PICTURE } from "./testPicture";
import { answerBy, type Way } from "./ways";

/** Long enough for a network on which the first checks are lost. */
const CONNECT_MS = 12_000;

/** One of the two ends of a connection test: in a room, with a connection to the relay. */
export class TestPeer {
  readonly peer: Peer;
  /** What a TURN server said as it refused to help. */
  turnRefusal: string | null = null;
  private signaling: Signaling | null = null;
  private readonly listeners = new Set<(event: EventBody) => void>();

  /** `way`: the only one it may take to the relay; null: any, as in a call. */
  constructor(
    private readonly name: string,
    private readonly way: Way | null = null,
  ) {
    this.peer = new Peer({
      offer: async (sdp) => {
        const result = await this.request({ type: "offer", sdp });
        if (result?.type !== "answer") throw new RequestError("bad_message", "The server gave no answer.");
        return way === null ? result.sdp : answerBy(result.sdp, way);
      },
      described: () => undefined,
      state: () => undefined,
    });
  }

  /** Enters a room by its code, on the WebSocket. Throws `ApiError` or `RequestError`. */
  async enter(code: string): Promise<Welcome> {
    // A device of its own: both ends are in this tab, and one device is in a room once.
    const body = { code, name: this.name, device: randomId(), features: [] };
    const grant = await call("POST /api/rooms/join", body);
    this.signaling = new Signaling(socketAddress(grant.ws_url, location.href), {
      event: (event) => {
        for (const listener of this.listeners) listener(event);
      },
      lost: () => undefined,
      resumed: () => undefined,
      sessionLost: () => undefined,
    });
    const welcome = await this.signaling.join(grant.token);
    if (welcome.type !== "welcome") throw new RequestError("bad_message", "The room isn't open.");
    this.useServers(welcome);
    if (welcome.video_codecs) this.peer.useCodecs(welcome.video_codecs);
    this.peer.growSlots({ audio: 1, video: 1 });
    return welcome;
  }

  /** Connects to the relay. False: no packets get through, or the server doesn't offer this way. */
  async connect(): Promise<boolean> {
    await this.peer.negotiate();
    const { connection } = this.peer;
    if (this.peer.connected) return true;
    if (this.way?.by === "tcp" && this.peer.relayAddresses("tcp").length === 0) return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), CONNECT_MS);
      connection.addEventListener("connectionstatechange", () => {
        if (connection.connectionState !== "connected" && connection.connectionState !== "failed") return;
        clearTimeout(timer);
        resolve(connection.connectionState === "connected");
      });
    });
  }

  /** Publishes a picture as a camera's. */
  async send(track: MediaStreamTrack): Promise<void> {
    await this.peer.setTrack("camera", track);
    const mid = this.peer.transceivers.camera.mid ?? "";
    const encodings = CAMERA_ENCODINGS.map(({ rid, scaleResolutionDownBy, maxBitrate }) => ({
      rid,
      height: Math.round(PICTURE.height / scaleResolutionDownBy),
      max_bitrate: maxBitrate,
    }));
    await this.request({ type: "publish", mid, source: "camera", ...PICTURE, encodings });
  }

  /** Takes the first picture that anybody publishes from now on, in full size. */
  watchFirst(): void {
    this.listeners.add((event) => {
      if (event.type !== "publication.added") return;
      const [slot] = this.peer.slotTracks("video").keys();
      if (slot === undefined) return;
      const watched = { slot, publication: event.publication.id, height: PICTURE.height };
      this.request({ type: "watch", slots: [watched] }).catch(() => undefined);
    });
  }

  async report(): Promise<Iterable<object>> {
    return (await this.peer.connection.getStats()).values();
  }

  close(): void {
    const { signaling } = this;
    this.peer.close();
    if (signaling === null) return;
    const gone = (): void => signaling.close();
    signaling.request({ type: "leave" }).then(gone, gone);
  }

  private useServers({ ice_servers }: Welcome): void {
    const { connection } = this.peer;
    if (this.way === null) this.peer.useIceServers(ice_servers);
    if (this.way?.by !== "turn") return;
    this.peer.useIceServers([this.way.server]);
    connection.setConfiguration({ ...connection.getConfiguration(), iceTransportPolicy: "relay" });
    connection.addEventListener("icecandidateerror", ({ errorCode, errorText }) => {
      // From 700 on, nothing was heard of it.
      if (errorCode < 700) this.turnRefusal = `${errorCode} ${errorText}`.replace(/[\s.]+$/u, "");
    });
  }

  private request(body: Parameters<Signaling["request"]>[0]): ReturnType<Signaling["request"]> {
    return this.signaling?.request(body) ?? Promise.reject(new RequestError("lost", "Not connected."));
  }
}
