import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "../../src/client/api";
import { Call } from "../../src/client/call";
import type { LocalMedia, MediaState } from "../../src/client/media";
import { Peer } from "../../src/client/peer";
import { Signaling } from "../../src/client/signaling";
import { Store } from "../../src/client/store";
import { FakeConnection } from "../fakes/FakeConnection";
import { FakeSocket } from "../fakes/FakeSocket";
import { participant, publication, welcome } from "../fakes/messages";

const off = { on: false, track: null, device: null, problem: null };
const noMedia: MediaState = {
  microphone: off,
  camera: off,
  screen: null,
  screenAudio: null,
  devices: { microphones: [], cameras: [] },
  insecure: false,
};

beforeEach(() => {
  vi.useFakeTimers();
  const capabilities = { getCapabilities: () => null };
  vi.stubGlobal("RTCRtpSender", capabilities);
  vi.stubGlobal("RTCRtpReceiver", capabilities);
  vi.stubGlobal("location", { href: "https://example.org/r/code" });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const sockets: FakeSocket[] = [];
  const connections: FakeConnection[] = [];
  const media = new Store<MediaState>(noMedia);
  const joinRoom = vi.fn((code: string) =>
    Promise.resolve({
      token: `token ${joinRoom.mock.calls.length}`,
      ws_url: "/ws",
      room: { id: "r", code, title: "" },
    }),
  );
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

type Parts = ReturnType<typeof setUp>;

async function accept({ socket }: Parts): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  socket().open();
  await vi.advanceTimersByTimeAsync(0);
  socket().ok(
    socket().last("join"),
    welcome({ participants: [participant("a", "Ada", [publication("a", "camera")])] }),
  );
  await vi.advanceTimersByTimeAsync(0);
}

async function joined(): Promise<Parts> {
  const parts = setUp();
  const joining = parts.call.join("code", "Me");
  await accept(parts);
  await joining;
  parts.socket().ok(parts.socket().last("offer"), { type: "answer", sdp: "answer" });
  await vi.advanceTimersByTimeAsync(0);
  parts.connection().ice("connected");
  return parts;
}

describe("joining", () => {
  test("sends offer, publications and wishes without waiting for the answer", async () => {
    const parts = setUp();
    const track = { getSettings: () => ({ width: 640, height: 360 }) } as unknown as MediaStreamTrack;
    parts.media.update({ camera: { ...off, on: true, track } });
    parts.call.watch([{ publication: "a.camera", height: 400, priority: 1 }]);
    const joining = parts.call.join("code", "Me");
    expect(parts.call.getSnapshot().phase).toBe("connecting");
    await accept(parts);
    await joining;
    expect(parts.socket().sent.map(({ type }) => type)).toEqual(["join", "offer", "publish", "watch"]);
    expect(parts.socket().last("publish")).toMatchObject({ mid: "1", source: "camera" });
    expect(parts.socket().last("watch").slots).toEqual([
      { slot: "5", publication: "a.camera", height: 400, priority: 1 },
    ]);
    expect(parts.call.getSnapshot()).toMatchObject({ phase: "connected", mediaConnected: false });
  });

  test("that is refused can be tried again", async () => {
    const parts = setUp();
    parts.joinRoom.mockRejectedValueOnce(new ApiError("room_not_found", "No.", 404));
    await expect(parts.call.join("code", "Me")).rejects.toMatchObject({ code: "room_not_found" });
    expect(parts.call.getSnapshot().phase).toBe("idle");
    const again = parts.call.join("code", "Me");
    await accept(parts);
    await again;
    expect(parts.call.getSnapshot().phase).toBe("connected");
  });
});

test("events change the state, and listeners see the state before", async () => {
  const { call, socket } = await joined();
  const listener = vi.fn();
  call.onEvent(listener);
  const before = call.getSnapshot();
  const event = { type: "participant.left", participant: "a", why: "left" };
  socket().event(1, event);
  expect(listener).toHaveBeenCalledExactlyOnceWith(event, before);
  expect(call.getSnapshot().participants.map(({ id }) => id)).toEqual(["me"]);
});

test("a wish for more pictures than there are slots makes one offer with more", async () => {
  const { call, socket, connection } = await joined();
  const wanted = ["a", "b", "c", "d"].map((id) => ({ publication: `${id}.camera`, height: 100, priority: 1 }));
  call.watch(wanted);
  call.watch(wanted);
  await vi.advanceTimersByTimeAsync(0);
  expect(socket().sent.filter(({ type }) => type === "offer")).toHaveLength(2);
  expect(connection().transceivers).toHaveLength(4 + 1 + 4);
  const told = socket()
    .sent.filter((message) => message.type === "watch")
    .flatMap(({ slots }) => slots.map(({ publication }) => publication));
  expect(told).toEqual(["a.camera", "b.camera", "c.camera", "d.camera"]);
});

describe("recovery", () => {
  test("a lost socket leaves the media alone and is resumed", async () => {
    const { call, socket, connections } = await joined();
    socket().break();
    expect(call.getSnapshot()).toMatchObject({ phase: "reconnecting", mediaConnected: true });
    await vi.advanceTimersByTimeAsync(100);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    socket().ok(socket().last("resume"), { type: "resumed", missed: 0, negotiated: true });
    expect(call.getSnapshot().phase).toBe("connected");
    expect(connections).toHaveLength(1);
    expect(socket().sent.some(({ type }) => type === "offer")).toBe(false);
  });

  test("a resumed session without media gets a fresh connection", async () => {
    const { socket, connections } = await joined();
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    socket().ok(socket().last("resume"), { type: "resumed", missed: 0, negotiated: false });
    await vi.advanceTimersByTimeAsync(0);
    expect(connections.map(({ closed }) => closed)).toEqual([true, false]);
    expect(connections[1]?.transceivers).toHaveLength(7);
    expect(socket().last("offer").sdp).toBe("offer 1");
  });

  test("a forgotten session is joined anew, with a fresh token and connection, until it works", async () => {
    const parts = await joined();
    const { call, socket, connections, joinRoom } = parts;
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    joinRoom.mockRejectedValueOnce(new ApiError("unreachable", "", 0));
    socket().refuse(socket().last("resume"), "cannot_resume");
    await vi.advanceTimersByTimeAsync(200);
    await accept(parts);
    expect(socket().last("join").token).toBe("token 3");
    expect(connections.map(({ closed }) => closed)).toEqual([true, false]);
    expect(call.getSnapshot().phase).toBe("connected");
    expect(socket().last("offer")).toBeDefined();
  });

  test("a room that is gone ends the call with the server's words", async () => {
    const { call, socket, joinRoom } = await joined();
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    joinRoom.mockRejectedValueOnce(new ApiError("room_not_found", "The room is gone.", 404));
    socket().refuse(socket().last("resume"), "cannot_resume");
    await vi.advanceTimersByTimeAsync(0);
    expect(call.getSnapshot()).toMatchObject({
      phase: "ended",
      ended: { why: "failed", message: "The room is gone." },
    });
  });

  test("broken media is mended by an offer that restarts ICE", async () => {
    const { socket, connection } = await joined();
    connection().ice("failed");
    await vi.advanceTimersByTimeAsync(0);
    expect(connection().offers).toEqual([{ iceRestart: false }, { iceRestart: true }]);
    expect(socket().sent.filter(({ type }) => type === "offer")).toHaveLength(2);
  });
});

describe("the end", () => {
  test("leaving tells the server and closes everything", async () => {
    const { call, socket, connection } = await joined();
    call.leave();
    socket().ok(socket().last("leave"));
    await vi.advanceTimersByTimeAsync(0);
    expect(call.getSnapshot()).toMatchObject({ phase: "ended", ended: { why: "left" } });
    expect(connection().closed).toBe(true);
    expect(socket().closed).toBe(true);
  });

  test("being replaced elsewhere ends it without reconnecting", async () => {
    const { call, socket, sockets } = await joined();
    socket().event(1, { type: "bye", why: "replaced" });
    socket().break();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(call.getSnapshot()).toMatchObject({ phase: "ended", ended: { why: "replaced" } });
    expect(sockets).toHaveLength(1);
  });

  test("a stopping server does not: the call waits for it", async () => {
    const { call, socket, sockets } = await joined();
    socket().event(1, { type: "bye", why: "server_stopping" });
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    expect(call.getSnapshot().phase).toBe("reconnecting");
    expect(sockets).toHaveLength(2);
  });
});
