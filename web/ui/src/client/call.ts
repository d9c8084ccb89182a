import { ApiError, joinRoom, socketAddress } from "./api";
import { backoffDelay } from "./backoff";
import type { LocalMedia } from "./media";
import { watchNetwork } from "./network";
import { Peer, type PeerHandlers, type PeerState } from "./peer";
import type { Welcome } from "./protocol";
import { Publisher, SOURCES, trackOf, wantedPublications } from "./publisher";
import { MediaRecovery } from "./recovery";
import { type EventBody, RequestError, Signaling, type SignalingHandlers } from "./signaling";
import { SlotTable, type Wanted } from "./slots";
import { applyEvent, type CallState, type EndReason, findParticipant, fromWelcome, IDLE } from "./state";
import { Store } from "./store";

const MOST_VIDEO_SLOTS = 64;
const LEAVE_MS = 500;

export type EventListener = (event: EventBody, before: CallState) => void;

/** What a call is made with; tests put their own in. */
export interface CallParts {
  joinRoom: typeof joinRoom;
  createSignaling: (url: string, handlers: SignalingHandlers) => Signaling;
  createPeer: (handlers: PeerHandlers) => Peer;
  watchNetwork: typeof watchNetwork;
}

const PARTS: CallParts = {
  joinRoom,
  createSignaling: (url, handlers) => new Signaling(url, handlers),
  createPeer: (handlers) => new Peer(handlers),
  watchNetwork,
};

/**
 * One's part in a call: signaling, the peer connection, and what is known of the room.
 *
 * Owns the signaling and the peer, which are replaced together when the server has forgotten us; the media belongs to
 * whoever made it and outlives the call.
 */
export class Call {
  signaling: Signaling | null = null;
  peer: Peer;
  private readonly store = new Store<CallState>(IDLE);
  private readonly parts: CallParts;
  private readonly eventListeners = new Set<EventListener>();
  private readonly slotTable: SlotTable;
  private readonly publisher: Publisher;
  private readonly recovery: MediaRecovery;
  private identity = { code: "", name: "" };
  private over = false;
  private rejoining = false;
  private stopListening: (() => void)[] = [];

  readonly subscribe = this.store.subscribe;
  readonly getSnapshot = this.store.getSnapshot;

  /** Prepares the peer connection too, so that joining need not wait for it. */
  constructor(
    private readonly media: LocalMedia,
    parts: Partial<CallParts> = {},
  ) {
    this.parts = { ...PARTS, ...parts };
    this.peer = this.createPeer();
    this.publisher = new Publisher((body) => this.request(body));
    this.slotTable = new SlotTable({
      watch: (slots) => this.request({ type: "watch", slots }),
      grow: (missing) => this.growSlots(missing),
    });
    this.recovery = new MediaRecovery({
      possible: () => this.signaling?.connected ?? false,
      connected: () => this.peer.connected,
      restartIce: () => this.negotiate(true),
      rejoin: () => void this.rejoin(),
    });
    this.stopListening.push(media.subscribe(() => this.updateMedia()));
  }

  /** Enters the room; rejects with ApiError or RequestError where it cannot, and may then be called again. */
  async join(code: string, name: string): Promise<void> {
    this.identity = { code, name };
    this.store.update({ phase: "connecting" });
    try {
      await this.enter();
    } catch (error) {
      if (!this.over) this.store.update({ phase: "idle" });
      throw error;
    }
    this.stopListening.push(this.parts.watchNetwork(() => this.networkChanged()));
  }

  /** Leaves for good. */
  leave(): void {
    const { signaling } = this;
    if (signaling?.connected) {
      const close = (): void => signaling.close();
      signaling.request({ type: "leave" }).then(close, close);
      setTimeout(close, LEAVE_MS);
    } else {
      signaling?.close();
    }
    this.end("left", null);
  }

  /** What the page shows, most important first. */
  watch(wanted: readonly Wanted[]): void {
    this.slotTable.setWanted(wanted);
  }

  async sendChat(text: string, to: string | null): Promise<void> {
    await this.request({ type: "chat", text, to });
  }

  async raiseHand(raised: boolean): Promise<void> {
    await this.request({ type: "hand", raised });
    const state = this.getSnapshot();
    const participants = state.participants.map((one) => (one.id === state.you ? { ...one, hand: raised } : one));
    this.store.update({ participants });
  }

  async react(emoji: string): Promise<void> {
    await this.request({ type: "react", emoji });
  }

  /** Tells the server again what may have changed without a notice of the browser, such as a turned phone. */
  refresh(): void {
    this.updateMedia();
  }

  /** Calls `listener` with every event after it was applied; returns how to stop. */
  onEvent(listener: EventListener): () => void {
    this.eventListeners.add(listener);
    return () => {
      this.eventListeners.delete(listener);
    };
  }

  private async enter(): Promise<void> {
    const { code, name } = this.identity;
    const grant = await this.parts.joinRoom(code, name);
    if (this.isOver()) return;
    const signaling = this.parts.createSignaling(socketAddress(grant.ws_url, location.href), this.signalingHandlers());
    this.signaling = signaling;
    const welcome = await signaling.join(grant.token);
    if (this.isOver()) {
      signaling.close();
      return;
    }
    this.begin(welcome);
  }

  private begin(welcome: Welcome): void {
    const hand = findParticipant(this.getSnapshot(), this.getSnapshot().you)?.hand ?? false;
    this.publisher.reset();
    this.slotTable.reset();
    this.peer.useIceServers(welcome.ice_servers);
    this.peer.growSlots(welcome.slots);
    // Before the state is set, for that makes the page draw: the browser can work on the offer meanwhile.
    this.negotiate();
    this.store.set(fromWelcome(welcome));
    this.recovery.expectMedia();
    if (hand) this.raiseHand(true).catch(() => undefined);
  }

  private createPeer(): Peer {
    const peer: Peer = this.parts.createPeer({
      offer: async (sdp) => {
        const result = await this.request({ type: "offer", sdp });
        if (result?.type !== "answer") throw new RequestError("bad_message", "The server gave no answer.");
        return result.sdp;
      },
      described: () => {
        if (peer === this.peer) this.described();
      },
      state: (state) => {
        if (peer === this.peer) this.peerChanged(state);
      },
    });
    return peer;
  }

  private replacePeer(): void {
    this.peer.close();
    this.peer = this.createPeer();
    this.store.update({ mediaConnected: false });
  }

  private request(body: Parameters<Signaling["request"]>[0]): ReturnType<Signaling["request"]> {
    if (this.signaling === null) return Promise.reject(new RequestError("lost", "Not connected."));
    return this.signaling.request(body);
  }

  private negotiate(iceRestart = false): void {
    this.peer.negotiate({ iceRestart }).catch((error: unknown) => {
      // What was lost on the way is made good after `resumed`; what the server refused needs a new session.
      const lost = error instanceof RequestError && (error.code === "lost" || error.code === "timeout");
      if (!lost && !this.over) this.recovery.broken();
    });
  }

  private described(): void {
    const videoTracks = Object.fromEntries(this.peer.slotTracks("video"));
    this.store.update({ videoTracks, audioTracks: Object.fromEntries(this.peer.slotTracks("audio")) });
    this.updateMedia();
    this.slotTable.setSlots(Object.keys(videoTracks));
  }

  private peerChanged(state: PeerState): void {
    this.store.update({ mediaConnected: state === "connected" });
    if (state === "connected") this.recovery.flowing();
    if (state === "broken") this.recovery.broken();
  }

  private updateMedia(): void {
    if (this.over) return;
    const media = this.media.getSnapshot();
    const { transceivers } = this.peer;
    for (const source of SOURCES) {
      // Only a closed connection refuses, and then there is nothing to send to.
      this.peer.setTrack(source, trackOf(media, source)).catch(() => undefined);
    }
    if (!this.signaling?.connected) return;
    const mids = {
      microphone: transceivers.microphone.mid,
      camera: transceivers.camera.mid,
      screen: transceivers.screen.mid,
      screen_audio: transceivers.screen_audio.mid,
    };
    this.publisher.update(wantedPublications(media, this.publisher.published), mids);
  }

  private growSlots(missing: number): void {
    const known = Object.keys(this.getSnapshot().videoTracks).length;
    const video = Math.min(MOST_VIDEO_SLOTS, known + missing);
    if (this.peer.slotCount("video") >= video) return;
    this.peer.growSlots({ audio: this.peer.slotCount("audio"), video });
    this.negotiate();
  }

  private signalingHandlers(): SignalingHandlers {
    return {
      event: (event) => this.apply(event),
      lost: () => this.store.update({ phase: "reconnecting" }),
      resumed: ({ negotiated }) => this.resumed(negotiated),
      sessionLost: () => void this.rejoin(),
    };
  }

  private apply(event: EventBody): void {
    const before = this.getSnapshot();
    this.store.set(applyEvent(before, event, performance.now()));
    for (const listener of this.eventListeners) listener(event, before);
    if (event.type === "bye" && event.why !== "server_stopping" && event.why !== "lost") this.end(event.why, null);
  }

  private resumed(negotiated: boolean): void {
    this.store.update({ phase: "connected" });
    if (!negotiated) {
      const { audio, video } = { audio: this.peer.slotCount("audio"), video: this.peer.slotCount("video") };
      this.publisher.reset();
      this.slotTable.reset();
      this.replacePeer();
      this.peer.growSlots({ audio, video });
      this.negotiate();
      this.recovery.expectMedia();
      return;
    }
    this.updateMedia();
    this.slotTable.update();
    const undescribed = this.peer.slotTracks("video").size < this.peer.slotCount("video");
    if (!this.peer.connected) this.recovery.broken();
    else if (undescribed) this.negotiate();
  }

  /** A new session under a new id, after the old one was forgotten: tried until it works or the server says no. */
  private async rejoin(): Promise<void> {
    if (this.rejoining || this.over) return;
    this.rejoining = true;
    this.signaling?.close();
    this.store.update({ phase: "reconnecting" });
    this.replacePeer();
    for (let attempt = 0; !this.isOver(); attempt++) {
      try {
        await this.enter();
        break;
      } catch (error) {
        if (isFinal(error)) this.end("failed", error instanceof Error ? error.message : null);
        else await new Promise((resolve) => setTimeout(resolve, backoffDelay(attempt)));
      }
    }
    this.rejoining = false;
  }

  private networkChanged(): void {
    this.signaling?.probe();
    if (navigator.onLine && this.signaling?.connected) this.recovery.broken();
  }

  /** `over` changes across awaits, which narrowing by the compiler does not see. */
  private isOver(): boolean {
    return this.over;
  }

  private end(why: EndReason, message: string | null): void {
    if (this.over) return;
    this.over = true;
    this.recovery.stop();
    for (const stop of this.stopListening) stop();
    this.peer.close();
    // After `leave` the socket stays for the moment that the message takes.
    if (why !== "left") this.signaling?.close();
    this.store.update({ phase: "ended", ended: { why, message }, videoTracks: {}, audioTracks: {}, slots: {} });
  }
}

/** True where trying the same again cannot help. */
function isFinal(error: unknown): boolean {
  if (error instanceof ApiError) return error.status >= 400 && error.status < 500 && error.status !== 429;
  return error instanceof RequestError && ["room_full", "not_allowed", "not_found"].includes(error.code);
}
