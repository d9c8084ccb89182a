import { audioSlotsFor } from "./audioSlots";
import { type Joiner, joinRoom, socketAddress } from "./api";
import { DEFAULT_CODECS } from "./codecs";
import { explained } from "./connectionCheck";
import { backoffDelay } from "./backoff";
import { sendable, withPage } from "./chat";
import { ChatOutbox } from "./chatOutbox";
import { endOfBye, endOfRefusal, type EndReason } from "./ending";
import { callAll } from "./listeners";
import type { LocalMedia } from "./media";
import { MediaFlow, receivedBytes } from "./flow";
import { watchNetwork } from "./network";
import { Peer, type PeerHandlers, type PeerState } from "./peer";
import type { IceServer, Moderate, Publication, Welcome } from "./protocol";
import { Publisher, SOURCES, trackOf, wantedPublications } from "./publisher";
import { addressOf } from "./receiver";
import { MediaRecovery } from "./recovery";
import { type EventBody, RequestError, Signaling, type SignalingHandlers } from "./signaling";
import { SlotTable, type Wanted } from "./slots";
import { applyEvent, type CallState, completeRoom, findParticipant, fromWelcome, IDLE, isAlone } from "./state";
import { goesOverTcp, goesThroughTurn } from "./stats";
import { StatsMonitor } from "./statsMonitor";
import { Store } from "./store";
import { UdpRetry } from "./udpRetry";

const MOST_VIDEO_SLOTS = 64;
const LEAVE_MS = 500;
const CHAT_PAGE = 50;
/** Reports come every second: media that has been silent for longer as signaling returns has probably stopped as well. */
const STALE_MS = 900;

/** What a host asks the server to do. */
export type Action = Moderate["action"];

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
  /** Measured while one is in the room. */
  readonly stats: StatsMonitor;
  private readonly store = new Store<CallState>(IDLE);
  private readonly parts: CallParts;
  private readonly eventListeners = new Set<EventListener>();
  private readonly slotTable: SlotTable;
  private readonly publisher: Publisher;
  private readonly recovery: MediaRecovery;
  private readonly flow: MediaFlow;
  private readonly udpRetry: UdpRetry;
  /** Chat messages on their way. */
  readonly outbox = new ChatOutbox((chat) => this.request({ type: "chat", ...chat }));
  private identity: { code: string; joiner: Joiner } = { code: "", joiner: "account" };
  private codecs = DEFAULT_CODECS;
  private iceServers: readonly IceServer[] = [];
  private entered = false;
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
    this.stats = new StatsMonitor(async () => (await this.peer.connection.getStats()).values());
    this.publisher = new Publisher((body) => this.request(body));
    this.slotTable = new SlotTable({
      watch: (slots) => this.request({ type: "watch", slots }),
      grow: (missing) => this.growSlots(missing),
    });
    this.recovery = new MediaRecovery({
      possible: () => this.signaling?.connected ?? false,
      restartIce: () => this.negotiate(true),
      reconnect: () => this.renewPeer(),
      blocked: (blocked) => this.setBlocked(blocked),
    });
    this.flow = new MediaFlow({
      received: async () => {
        const { peer } = this;
        const bytes = receivedBytes((await peer.connection.getStats()).values());
        // What a handshake brings isn't media yet.
        return peer.connected || this.flow.flowing ? bytes : null;
      },
      flowing: () => this.mediaFlows(),
      silent: () => this.mediaStopped(),
      woke: () => this.networkChanged(),
    });
    this.udpRetry = new UdpRetry({
      possible: () => (this.signaling?.connected ?? false) && this.flow.flowing,
      overTcp: async () => goesOverTcp((await this.peer.connection.getStats()).values()),
      restartIce: () => this.negotiate(true),
    });
    this.stopListening.push(media.subscribe(() => this.updateMedia()));
  }

  /**
   * Enters the room, or comes to wait before it. Rejects with ApiError or RequestError where it cannot, and may then be
   * called again.
   */
  async join(code: string, joiner: Joiner): Promise<void> {
    // Pressed twice before the page could draw: it is one person all the same.
    if (this.getSnapshot().phase === "connecting") return;
    this.identity = { code, joiner };
    this.store.update({ phase: "connecting" });
    try {
      await this.enter();
    } catch (error) {
      const reason = await explained(error);
      if (!this.over) this.store.update({ phase: "idle" });
      throw reason;
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

  /** Tries at once to get media through, in a new connection. */
  retryMedia(): void {
    this.signaling?.probe();
    this.recovery.retry();
  }

  /** What the page shows, most important first. */
  watch(wanted: readonly Wanted[]): void {
    this.slotTable.setWanted(wanted);
  }

  /** Puts a message among those on their way, where there is room for it. `to`: a participant. */
  sendChat(text: string, to: string | null): boolean {
    const state = this.getSnapshot();
    if (to === null) return this.outbox.add(sendable(text), null, null);
    return this.outbox.add(sendable(text), addressOf(state, to), findParticipant(state, to)?.name ?? null);
  }

  /** Fetches what was said before the oldest message that is known, where there may be such. */
  async loadOlderChat(): Promise<void> {
    const { chat } = this.getSnapshot();
    if (chat.older !== "some") return;
    this.store.update({ chat: { ...chat, older: "loading" } });
    try {
      const before = chat.messages[0]?.id ?? null;
      const page = await this.request({ type: "history", before, limit: CHAT_PAGE });
      if (page?.type !== "chat_page") throw new RequestError("bad_message", "The server sent no messages.");
      this.store.update({ chat: withPage(this.getSnapshot().chat, page) });
    } catch (error) {
      this.store.update({ chat: { ...this.getSnapshot().chat, older: "some" } });
      throw error;
    }
  }

  /** Does what only hosts may. */
  async moderate(action: Action): Promise<void> {
    await this.request({ type: "moderate", action });
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

  /** While one is alone, the page notices by itself that one speaks. */
  hearMyself(speaking: boolean): void {
    const state = this.getSnapshot();
    const { speakers, you } = state;
    if (you === null || speaking === speakers.includes(you) || (speaking && !isAlone(state))) return;
    this.store.update({ speakers: speaking ? [you] : speakers.filter((id) => id !== you) });
  }

  /** Calls `listener` with every event after it was applied; returns how to stop. */
  onEvent(listener: EventListener): () => void {
    this.eventListeners.add(listener);
    return () => {
      this.eventListeners.delete(listener);
    };
  }

  private async enter(): Promise<void> {
    const { code, joiner } = this.identity;
    const grant = await this.parts.joinRoom(code, joiner);
    if (this.isOver()) return;
    const signaling = this.parts.createSignaling(socketAddress(grant.ws_url, location.href), this.signalingHandlers());
    this.signaling = signaling;
    await this.present(signaling, grant.token);
  }

  /** Shows a token at the door. */
  private async present(signaling: Signaling, token: string): Promise<void> {
    const result = await signaling.join(token);
    if (this.isOver()) signaling.close();
    else if (result.type === "waits") this.store.set({ ...IDLE, phase: "waiting", room: completeRoom(result.room) });
    else this.begin(result);
  }

  private begin(welcome: Welcome): void {
    const before = this.getSnapshot();
    const hand = findParticipant(before, before.you)?.hand ?? false;
    const state = fromWelcome(welcome);
    if (!this.entered) this.obeyRoom(state);
    this.entered = true;
    this.publisher.reset();
    this.slotTable.reset();
    this.useIceServers(welcome.ice_servers);
    this.codecs = welcome.video_codecs ?? DEFAULT_CODECS;
    this.peer.useCodecs(this.codecs);
    const audio = audioSlotsFor(state.participants.length - 1, welcome.slots.audio);
    this.peer.growSlots({ ...welcome.slots, audio });
    // Before the state is set, for that makes the page draw: the browser can work on the offer meanwhile.
    this.negotiate();
    this.store.set(state);
    this.flow.restart();
    this.recovery.expectMedia();
    this.stats.start();
    this.udpRetry.start();
    this.outbox.connected(welcome);
    if (hand) this.raiseHand(true).catch(() => undefined);
  }

  /** Comes in as quietly as the room wants it; hosts come in as they please. */
  private obeyRoom({ room, rights }: CallState): void {
    if (room === null || rights.moderate) return;
    if (room.start_muted) void this.media.setMicrophone(false);
    if (room.start_camera_off) void this.media.setCamera(false);
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
    peer.useIceServers(this.iceServers);
    peer.useCodecs(this.codecs);
    return peer;
  }

  private useIceServers(servers: readonly IceServer[]): void {
    this.iceServers = servers;
    this.peer.useIceServers(servers);
  }

  /** What a TURN server passes on by an earlier password moves to the new one, before the earlier one ends. */
  private async renewTurn(servers: readonly IceServer[]): Promise<void> {
    this.useIceServers(servers);
    const { peer } = this;
    const relayed = goesThroughTurn((await peer.connection.getStats()).values());
    if (relayed && peer === this.peer) this.negotiate(true);
  }

  private replacePeer(): void {
    this.peer.close();
    this.peer = this.createPeer();
    this.flow.restart();
    this.store.update({ mediaConnected: false });
  }

  /** Another peer connection in the same session: as large as the one before, with what was published in it. */
  private renewPeer(): void {
    const { audio, video } = { audio: this.peer.slotCount("audio"), video: this.peer.slotCount("video") };
    this.publisher.reset();
    this.slotTable.reset();
    this.replacePeer();
    this.peer.growSlots({ audio, video });
    this.negotiate();
  }

  private request(body: Parameters<Signaling["request"]>[0]): ReturnType<Signaling["request"]> {
    if (this.signaling === null) return Promise.reject(new RequestError("lost", "Not connected."));
    return this.signaling.request(body);
  }

  private negotiate(iceRestart = false): void {
    const { peer } = this;
    peer.negotiate({ iceRestart }).catch((error: unknown) => {
      // What was lost on the way is made good after `resumed`; what was refused needs a new connection.
      const lost = error instanceof RequestError && (error.code === "lost" || error.code === "timeout");
      if (!lost && !this.over && peer === this.peer) this.recovery.ended();
    });
  }

  private described(): void {
    const videoTracks = Object.fromEntries(this.peer.slotTracks("video"));
    this.store.update({ videoTracks, audioTracks: Object.fromEntries(this.peer.slotTracks("audio")) });
    this.updateMedia();
    this.slotTable.setSlots(Object.keys(videoTracks));
  }

  private peerChanged(state: PeerState): void {
    if (state === "doubtful") this.signaling?.probe();
    else if (state === "broken") this.recovery.broken();
    else if (state === "ended") this.recovery.ended();
  }

  private mediaFlows(): void {
    this.store.update({ mediaConnected: true });
    this.recovery.flowing();
    // Where packets get through again, so does the rest.
    if (!this.signaling?.connected) this.signaling?.probe();
  }

  private mediaStopped(): void {
    this.store.update({ mediaConnected: false });
    this.signaling?.probe();
    this.recovery.broken();
  }

  private setBlocked(blocked: boolean): void {
    const { mediaBlocked } = this.getSnapshot();
    if (blocked || mediaBlocked !== null) {
      this.store.update({ mediaBlocked: blocked ? this.peer.ways : null });
    }
  }

  private updateMedia(): void {
    if (this.over) return;
    const media = this.media.getSnapshot();
    const { transceivers } = this.peer;
    const alone = isAlone(this.getSnapshot());
    for (const source of SOURCES) {
      // Nobody hears sound while one is alone. Who comes is announced before they are connected, so that nobody misses
      // a word. Pictures that nobody watches are the server's matter: see `layers.wanted`.
      const unheard = alone && (source === "microphone" || source === "screen_audio");
      // Only a closed connection refuses, and then there is nothing to send to.
      this.peer.setTrack(source, unheard ? null : trackOf(media, source)).catch(() => undefined);
    }
    if (!this.signaling?.connected) return;
    const mids = {
      microphone: transceivers.microphone.mid,
      camera: transceivers.camera.mid,
      screen: transceivers.screen.mid,
      screen_audio: transceivers.screen_audio.mid,
    };
    const { publish } = this.getSnapshot().rights;
    this.publisher.update(publish ? wantedPublications(media, this.publisher.published) : {}, mids);
  }

  private growSlots(missing: number): void {
    const known = Object.keys(this.getSnapshot().videoTracks).length;
    const video = Math.min(MOST_VIDEO_SLOTS, known + missing);
    if (this.peer.slotCount("video") >= video) return;
    this.peer.growSlots({ audio: this.peer.slotCount("audio"), video });
    this.negotiate();
  }

  private joined(): void {
    this.updateMedia();
    this.growSound();
  }

  /** As more come in, until there are so many that the relay chooses anyway. */
  private growSound(): void {
    const { participants, you } = this.getSnapshot();
    const others = participants.filter(({ id }) => id !== you).length;
    const audio = audioSlotsFor(others, this.peer.slotCount("audio"));
    if (this.peer.slotCount("audio") >= audio) return;
    this.peer.growSlots({ audio, video: this.peer.slotCount("video") });
    this.negotiate();
  }

  private signalingHandlers(): SignalingHandlers {
    return {
      event: (event) => this.apply(event),
      lost: () => this.signalingLost(),
      resumed: ({ negotiated }) => this.resumed(negotiated),
      sessionLost: () => void this.rejoin(),
    };
  }

  private apply(event: EventBody): void {
    const before = this.getSnapshot();
    this.store.set(applyEvent(before, event, performance.now()));
    if (event.type === "publication.updated") this.ownMuted(event.publication, event.by ?? null);
    else if (event.type === "publications.muted") this.mutedTogether(event.publications, event.by);
    else if (event.type === "layers.wanted") {
      for (const { source, rids } of event.sources) this.peer.sendOnly(source, rids);
    } else if (event.type === "chat") this.outbox.discard(event.message.client_id ?? "");
    callAll(this.eventListeners, event, before);
    if (event.type === "publication.added") this.ownAdded(event.publication);
    else if (event.type === "participant.joined") this.joined();
    else if (event.type === "participant.left") this.updateMedia();
    else if (event.type === "rights.updated") this.updateMedia();
    else if (event.type === "admitted") this.admitted(event.token);
    else if (event.type === "codecs") this.sendCodecs(event.send);
    // A connection that was closed meanwhile has no statistics.
    else if (event.type === "ice_servers") this.renewTurn(event.ice_servers).catch(() => undefined);
    else if (event.type === "media.closed") this.mediaClosed(event.ice_ufrag);
    else if (event.type === "bye") {
      const why = endOfBye(event.why);
      if (why !== null) this.end(why, null);
    }
  }

  /** Someone came who can't decode what is sent, or has left: what is sent changes with the next offer. */
  private sendCodecs(send: readonly string[]): void {
    this.codecs = { ...this.codecs, send };
    if (this.peer.useCodecs(this.codecs)) this.negotiate();
  }

  /** Of a connection that was replaced meanwhile it is no news. */
  private mediaClosed(ufrag: string): void {
    if (ufrag === this.peer.relayUfrag) this.recovery.ended();
  }

  private admitted(token: string): void {
    const { signaling } = this;
    if (signaling === null) return;
    // The token may have been good for too short a time, or the door shut again: ask as if one had just come.
    this.present(signaling, token).catch(() => void this.rejoin());
  }

  /** Where a room mutes what is new, one was turned off on coming in: what is on by now is meant to be. */
  private ownAdded({ participant, source, muted }: Publication): void {
    if (participant !== this.getSnapshot().you) return;
    this.publisher.correct(source, muted);
    this.updateMedia();
  }

  /** Where a host has muted one, the buttons have to say so, and the device is let go. */
  private ownMuted({ participant, source, muted }: Publication, by: string | null): void {
    if (participant !== this.getSnapshot().you || !muted || by === null) return;
    this.publisher.correct(source, true);
    if (source === "microphone") void this.media.setMicrophone(false);
    else if (source === "camera") void this.media.setCamera(false);
    else this.media.stopScreen();
  }

  /** A host has muted everyone. */
  private mutedTogether(ids: readonly string[], by: string): void {
    const { participants, you } = this.getSnapshot();
    const own = participants.find(({ id }) => id === you)?.publications ?? [];
    for (const publication of own) if (ids.includes(publication.id)) this.ownMuted(publication, by);
  }

  /** Media may go on without signaling; where it doesn't, nothing can be done about it before `resumed`. */
  private signalingLost(): void {
    this.store.update({ phase: "reconnecting", mediaBlocked: null });
    this.updateMedia();
    this.recovery.pause();
  }

  private resumed(negotiated: boolean): void {
    this.store.update({ phase: "connected" });
    this.outbox.resumed();
    if (!negotiated) {
      this.renewPeer();
      this.recovery.expectMedia();
      return;
    }
    this.updateMedia();
    this.slotTable.update();
    const undescribed = this.peer.slotTracks("video").size < this.peer.slotCount("video");
    if (!this.flow.flowing || this.flow.silence > STALE_MS) this.recovery.broken();
    else if (undescribed) this.negotiate();
  }

  /** A new session under a new id, after the old one was forgotten: tried until it works or the server says no. */
  private async rejoin(): Promise<void> {
    if (this.rejoining || this.over) return;
    this.rejoining = true;
    this.signaling?.close();
    if (this.getSnapshot().phase !== "waiting") this.store.update({ phase: "reconnecting" });
    this.replacePeer();
    for (let attempt = 0; !this.isOver(); attempt++) {
      try {
        await this.enter();
        break;
      } catch (error) {
        const ended = endOfRefusal(error);
        if (ended !== null) this.end(ended.why, ended.message);
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
    this.recovery.pause();
    this.flow.stop();
    this.outbox.close();
    this.stats.stop();
    this.udpRetry.stop();
    for (const stop of this.stopListening) stop();
    this.peer.close();
    // After `leave` the socket stays for the moment that the message takes.
    if (why !== "left") this.signaling?.close();
    this.store.update({ phase: "ended", ended: { why, message }, videoTracks: {}, audioTracks: {}, slots: {} });
  }
}
