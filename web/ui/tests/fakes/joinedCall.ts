import { afterEach, beforeEach, expect, vi } from "vitest";
import type { Joiner } from "../../src/client/api";
import { Call } from "../../src/client/call";
import { type LocalMedia, type MediaState, NO_MEDIA } from "../../src/client/media";
import { Peer } from "../../src/client/peer";
import type { Welcome } from "../../src/client/protocol";
import { Signaling } from "../../src/client/signaling";
import { Store } from "../../src/client/store";
import { FakeConnection } from "./FakeConnection";
import { FakeSocket } from "./FakeSocket";
import { participant, publication, welcome } from "./messages";

/** The browser that a call finds, with a clock that tests move. */
export function useFakeBrowser(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    const capabilities = { getCapabilities: () => null };
    vi.stubGlobal("RTCRtpSender", capabilities);
    vi.stubGlobal("RTCRtpReceiver", capabilities);
    vi.stubGlobal("location", { href: "https://example.org/r/code" });
    vi.stubGlobal("document", { hidden: true });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Devices that do what they are told. */
class FakeMedia extends Store<MediaState> {
  setMicrophone(on: boolean): Promise<void> {
    this.update({ microphone: { ...this.getSnapshot().microphone, on } });
    return Promise.resolve();
  }

  setCamera(on: boolean): Promise<void> {
    this.update({ camera: { ...this.getSnapshot().camera, on } });
    return Promise.resolve();
  }

  stopScreen(): void {
    this.update({ screen: null, screenAudio: null });
  }
}

export function setUp() {
  const sockets: FakeSocket[] = [];
  const connections: FakeConnection[] = [];
  const media = new FakeMedia(NO_MEDIA);
  let tokens = 0;
  const joinRoom = vi.fn((code: string, joiner: Joiner) => {
    expect([code, joiner]).toEqual(["code", { name: "Me" }]);
    return Promise.resolve({ token: `token ${++tokens}`, ws_url: "/ws" });
  });
  const call = new Call(media as unknown as LocalMedia, {
    joinRoom,
    createSignaling: (url, handlers) =>
      new Signaling(url, handlers, {
        openSocket: (address) => {
          expect(address).toBe("wss://example.org/ws");
          sockets.push(new FakeSocket());
          return sockets[sockets.length - 1] as unknown as WebSocket;
        },
        random: () => 0,
      }),
    createPeer: (handlers) => {
      connections.push(new FakeConnection());
      return new Peer(handlers, connections[connections.length - 1] as unknown as RTCPeerConnection);
    },
    watchNetwork: () => () => undefined,
  });
  const latest = <Item>(items: Item[]): Item => items[items.length - 1] as Item;
  return {
    call,
    media,
    joinRoom,
    sockets,
    connections,
    socket: () => latest(sockets),
    connection: () => latest(connections),
  };
}

export type Parts = ReturnType<typeof setUp>;

export async function knock({ socket }: Parts): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  socket().open();
  await vi.advanceTimersByTimeAsync(0);
}

export async function letIn({ socket }: Parts, change: Partial<Welcome> = {}): Promise<void> {
  const participants = [participant("a", "Ada", [publication("a", "camera")])];
  socket().ok(socket().last("join"), welcome({ participants, ...change }));
  await vi.advanceTimersByTimeAsync(0);
}

export async function accept(parts: Parts, change: Partial<Welcome> = {}): Promise<void> {
  await knock(parts);
  await letIn(parts, change);
}

export async function joined(change: Partial<Welcome> = {}): Promise<Parts> {
  const parts = setUp();
  const joining = parts.call.join("code", { name: "Me" });
  await accept(parts, change);
  await joining;
  await flows(parts);
  return parts;
}

/** The offer is answered, the connection stands, and media arrives. */
export async function flows({ socket, connection }: Parts, ufrag = "relay"): Promise<void> {
  const sdp = `a=ice-ufrag:${ufrag}\r\na=candidate:1 1 udp 1 203.0.113.1 8080 typ host\r\n`;
  socket().ok(socket().last("offer"), { type: "answer", sdp });
  await vi.advanceTimersByTimeAsync(0);
  connection().flows = true;
  connection().state("connected");
  await vi.advanceTimersByTimeAsync(1000);
}

/** The socket breaks and a new one is there. */
export async function reconnects({ socket }: Parts): Promise<void> {
  socket().break();
  await vi.advanceTimersByTimeAsync(100);
  socket().open();
  await vi.advanceTimersByTimeAsync(0);
}

export const offers = ({ socket }: Parts): number => socket().sent.filter(({ type }) => type === "offer").length;
