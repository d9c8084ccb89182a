import { codecOrder, DEFAULT_CODECS, preferCodecs, type VideoCodecs } from "./codecs";
import type { IceServer, Publication, SlotCounts } from "./protocol";
import { SentLayers } from "./sentLayers";
import { type TriedWay, turnWays } from "./ways";

export type Source = Publication["source"];

/**
 * connected: ICE and DTLS are done; doubtful: ICE has missed answers; broken: there is no path, and a restart of ICE is
 * called for; ended: only another peer connection helps.
 */
export type PeerState = "connected" | "doubtful" | "broken" | "ended";

/**
 * The simulcast streams of a camera, for a browser that calls itself so.
 *
 * Firefox demands 1.2 Mbit/s for a picture of 1280×720 or more, and 200 kbit/s for one that is a little smaller
 * (dom/media/webrtc/libwebrtcglue/VideoStreamFactory.cpp). It doesn't send the largest stream before it may have that much.
 * As long as it sends one, it fills its uplink up to 1.2 times that and all that the streams below may take, with packets
 * of the lowest stream, sent again: 1.2 Mbit/s and more of them if the picture is still.
 *
 * Each has three temporal layers. Without a mode, Chromium would send them only in VP8; in VP9 and AV1 it would make one
 * stream of all three, as large as the smallest (in libwebrtc, the legacy behaviour of encodings without a mode).
 */
export function cameraEncodings(userAgent: string) {
  const largest = /\bFirefox\//u.test(userAgent) ? 1.02 : 1;
  const scalabilityMode = "L1T3";
  return [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000, scalabilityMode },
    { rid: "f", scaleResolutionDownBy: largest, maxBitrate: 1_700_000, scalabilityMode },
  ] as const;
}

export const CAMERA_ENCODINGS = cameraEncodings(typeof navigator === "undefined" ? "" : navigator.userAgent);
export const SCREEN_BITRATE = 2_500_000;

export interface PeerHandlers {
  /** Carries an offer to the server and brings back its answer. */
  offer: (sdp: string) => Promise<string>;
  /** The offer is under way: from now on every section has its mid. */
  described: () => void;
  state: (state: PeerState) => void;
}

/** The one peer connection of a call: four send sections, then slots. The client makes every offer. */
export class Peer {
  readonly connection: RTCPeerConnection;
  readonly transceivers: Readonly<Record<Source, RTCRtpTransceiver>>;
  private readonly slots: Record<"audio" | "video", RTCRtpTransceiver[]> = { audio: [], video: [] };
  private readonly handlers: PeerHandlers;
  private readonly layers: ReadonlyMap<Source, SentLayers>;
  private running: Promise<void> = Promise.resolve();
  private queued: Promise<void> | null = null;
  private restartWanted = false;
  private closed = false;
  private codecs = DEFAULT_CODECS;
  private answer = "";
  private iceServers: readonly IceServer[] = [];

  constructor(handlers: PeerHandlers, connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" })) {
    this.handlers = handlers;
    this.connection = connection;
    // The order is the order of the sections in every offer.
    this.transceivers = {
      microphone: this.addSender("audio"),
      camera: this.addSender("video", CAMERA_ENCODINGS),
      screen: this.addSender("video", [{ maxBitrate: SCREEN_BITRATE }]),
      screen_audio: this.addSender("audio"),
    };
    this.layers = new Map(
      (["camera", "screen"] as const).map((source) => [
        source,
        new SentLayers(this.transceivers[source].sender, () => this.closed),
      ]),
    );
    connection.addEventListener("connectionstatechange", () => this.stateChanged());
  }

  useIceServers(servers: readonly IceServer[]): void {
    if (servers.length === 0) return;
    this.iceServers = servers;
    const iceServers = servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username ? { username } : {}),
      ...(credential ? { credential } : {}),
    }));
    this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers });
  }

  /**
   * Prefers these video codecs in the next offer, for what is sent and for slots added from now on. True: another codec
   * is sent then.
   */
  useCodecs(codecs: VideoCodecs): boolean {
    const before = codecOrder(this.codecs, "send").join();
    this.codecs = codecs;
    if (codecOrder(codecs, "send").join() === before) return false;
    for (const source of ["camera", "screen"] as const) {
      preferCodecs(this.transceivers[source], "video", "send", codecs);
    }
    return true;
  }

  /** Adds receive slots until there are `counts`; they work after the next negotiation. */
  growSlots(counts: SlotCounts): void {
    for (const kind of ["audio", "video"] as const) {
      while (this.slots[kind].length < counts[kind]) {
        const transceiver = this.connection.addTransceiver(kind, { direction: "recvonly" });
        preferCodecs(transceiver, kind, "receive", this.codecs);
        this.slots[kind].push(transceiver);
      }
    }
  }

  /** The track of every negotiated slot, by mid. A slot's track lives as long as the connection. */
  slotTracks(kind: "audio" | "video"): Map<string, MediaStreamTrack> {
    const tracks = new Map<string, MediaStreamTrack>();
    for (const { mid, receiver } of this.slots[kind]) {
      if (mid !== null) tracks.set(mid, receiver.track);
    }
    return tracks;
  }

  slotCount(kind: "audio" | "video"): number {
    return this.slots[kind].length;
  }

  /** True while media can flow, as far as ICE and DTLS know. */
  get connected(): boolean {
    return this.connection.connectionState === "connected";
  }

  /** The relay's ICE user name in the latest answer, by which the server names this connection; empty before it. */
  get relayUfrag(): string {
    return /^a=ice-ufrag:(\S+)/m.exec(this.answer)?.[1] ?? "";
  }

  /** Where the relay is, as the latest answer says: host and port, the best first. */
  relayAddresses(protocol: "udp" | "tcp"): string[] {
    const found = this.answer.matchAll(new RegExp(`^a=candidate:\\S+ 1 ${protocol} \\d+ (\\S+) (\\d+) `, "gim"));
    return [...new Set([...found].map(([, host = "", port]) => `${host.includes(":") ? `[${host}]` : host}:${port}`))];
  }

  /** The ways to the relay that are tried: straight to it, then through TURN servers. */
  get ways(): TriedWay[] {
    const direct = (["udp", "tcp"] as const).flatMap((protocol) => {
      const place = this.relayAddresses(protocol).join(", ");
      return place === "" ? [] : [{ turn: false, by: protocol === "udp" ? "UDP" : "TCP", place } as const];
    });
    const turn = turnWays(this.iceServers).map(({ place: { server, by } }) => ({ turn: true, by, place: server }));
    return [...direct, ...turn];
  }

  async setTrack(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const { sender } = this.transceivers[source];
    if (sender.track === track || this.closed) return;
    await sender.replaceTrack(track);
  }

  /** Sends only those encodings of a source. The server says it of the connection that it has answered. */
  sendOnly(source: Source, rids: readonly string[]): void {
    if (this.answer !== "") void this.layers.get(source)?.want(rids);
  }

  /** One offer and its answer. While one is under way, all further calls share the one that comes after it. */
  negotiate({ iceRestart = false } = {}): Promise<void> {
    this.restartWanted ||= iceRestart;
    if (this.queued === null) {
      const next = this.running.then(() => {
        this.queued = null;
        return this.negotiateNow();
      });
      this.queued = next;
      this.running = next.catch(() => undefined);
    }
    return this.queued;
  }

  close(): void {
    this.closed = true;
    this.connection.close();
  }

  private addSender(kind: "audio" | "video", sendEncodings?: readonly RTCRtpEncodingParameters[]): RTCRtpTransceiver {
    const transceiver = this.connection.addTransceiver(kind, {
      direction: "sendonly",
      ...(sendEncodings ? { sendEncodings: sendEncodings.map((encoding) => ({ ...encoding })) } : {}),
    });
    preferCodecs(transceiver, kind, "send");
    return transceiver;
  }

  private async negotiateNow(): Promise<void> {
    if (this.closed) return;
    const { connection } = this;
    const iceRestart = this.restartWanted;
    this.restartWanted = false;
    try {
      const offer = await connection.createOffer({ iceRestart });
      // The relay has one address and learns ours from its checks: there are no candidates to wait for.
      const answer = this.handlers.offer(offer.sdp ?? "").then((sdp) => (this.answer = sdp));
      answer.catch(() => undefined);
      await connection.setLocalDescription(offer);
      this.handlers.described();
      await connection.setRemoteDescription({ type: "answer", sdp: await answer });
    } catch (error) {
      if (this.isClosed()) return;
      this.restartWanted ||= iceRestart;
      if (connection.signalingState === "have-local-offer") await connection.setLocalDescription({ type: "rollback" });
      throw error;
    }
  }

  /** `closed` changes across awaits, which narrowing by the compiler does not see. */
  private isClosed(): boolean {
    return this.closed;
  }

  private stateChanged(): void {
    if (this.closed) return;
    const { connectionState, iceConnectionState } = this.connection;
    if (connectionState === "connected" || connectionState === "closed") {
      this.handlers.state(connectionState === "closed" ? "ended" : "connected");
    } else if (connectionState === "disconnected") {
      this.handlers.state("doubtful");
    } else if (connectionState === "failed") {
      // With a path, it is DTLS that failed or was ended by the relay.
      const path = iceConnectionState === "connected" || iceConnectionState === "completed";
      this.handlers.state(path ? "ended" : "broken");
    }
  }
}
