import { preferCodecs } from "./codecs";
import type { IceServer, Publication, SlotCounts } from "./protocol";

export type Source = Publication["source"];

/** connecting: not yet; connected: media can flow; broken: it cannot, and a restart of ICE is called for. */
export type PeerState = "connecting" | "connected" | "broken";

/** How long "disconnected" is taken for a passing gap. */
const DISCONNECTED_GRACE_MS = 2000;

export const CAMERA_ENCODINGS = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
] as const;
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
  private running: Promise<void> = Promise.resolve();
  private queued: Promise<void> | null = null;
  private restartWanted = false;
  private graceTimer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

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
    connection.addEventListener("iceconnectionstatechange", () => this.iceChanged());
    connection.addEventListener("connectionstatechange", () => {
      if (connection.connectionState === "failed") this.handlers.state("broken");
    });
  }

  useIceServers(servers: readonly IceServer[]): void {
    if (servers.length === 0) return;
    const iceServers = servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username ? { username } : {}),
      ...(credential ? { credential } : {}),
    }));
    this.connection.setConfiguration({ ...this.connection.getConfiguration(), iceServers });
  }

  /** Adds receive slots until there are `counts`; they work after the next negotiation. */
  growSlots(counts: SlotCounts): void {
    for (const kind of ["audio", "video"] as const) {
      while (this.slots[kind].length < counts[kind]) {
        const transceiver = this.connection.addTransceiver(kind, { direction: "recvonly" });
        preferCodecs(transceiver, kind, "receive");
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

  /** True while media can flow, as far as ICE knows. */
  get connected(): boolean {
    const { iceConnectionState } = this.connection;
    return iceConnectionState === "connected" || iceConnectionState === "completed";
  }

  async setTrack(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const { sender } = this.transceivers[source];
    if (sender.track === track || this.closed) return;
    await sender.replaceTrack(track);
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
    clearTimeout(this.graceTimer);
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
      const answer = this.handlers.offer(offer.sdp ?? "");
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

  private iceChanged(): void {
    clearTimeout(this.graceTimer);
    const state = this.connection.iceConnectionState;
    if (state === "connected" || state === "completed") {
      this.handlers.state("connected");
    } else if (state === "failed") {
      this.handlers.state("broken");
    } else if (state === "disconnected") {
      this.graceTimer = setTimeout(() => this.handlers.state("broken"), DISCONNECTED_GRACE_MS);
    }
  }
}
