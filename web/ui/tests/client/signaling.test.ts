import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type EventBody, RequestError, Signaling } from "../../src/client/signaling";
import { FakeSocket } from "../fakes/FakeSocket";
import { welcome } from "../fakes/messages";

const reaction = (emoji: string): EventBody => ({ type: "reaction", participant: "p", emoji });

function setUp() {
  const sockets: FakeSocket[] = [];
  const events: EventBody[] = [];
  const handlers = {
    event: (event: EventBody) => void events.push(event),
    lost: vi.fn(),
    resumed: vi.fn(),
    sessionLost: vi.fn(),
  };
  const openSocket = (): WebSocket => {
    const socket = new FakeSocket();
    sockets.push(socket);
    return socket as unknown as WebSocket;
  };
  const signaling = new Signaling("ws://test/ws", handlers, { openSocket, random: () => 0 });
  const socket = (index = sockets.length - 1): FakeSocket => {
    const found = sockets[index];
    if (found === undefined) throw new Error("no such socket");
    return found;
  };
  return { signaling, sockets, socket, events, handlers };
}

async function joined(change = {}) {
  const parts = setUp();
  const joining = parts.signaling.join("token");
  parts.socket().open();
  await vi.advanceTimersByTimeAsync(0);
  parts.socket().ok(parts.socket().last("join"), welcome(change));
  await joining;
  return parts;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("joining", () => {
  test("sends the token and resolves with the welcome", async () => {
    const { signaling, socket } = setUp();
    const joining = signaling.join("token");
    expect(socket().sent).toEqual([]);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    expect(socket().sent).toEqual([{ type: "join", token: "token", id: 1 }]);
    expect(signaling.connected).toBe(false);
    socket().ok(socket().last("join"), welcome());
    await expect(joining).resolves.toMatchObject({ type: "welcome", resume_token: "resume-1" });
    expect(signaling.connected).toBe(true);
  });

  test("rejects with the server's code, and does not reconnect", async () => {
    const { signaling, sockets, socket } = setUp();
    const joining = signaling.join("token");
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    const failed = expect(joining).rejects.toMatchObject({ code: "room_full" });
    socket().refuse(socket().last("join"), "room_full");
    await failed;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
    expect(socket().closed).toBe(true);
  });

  test("rejects where the socket never opens", async () => {
    const { signaling, socket } = setUp();
    const failed = expect(signaling.join("token")).rejects.toMatchObject({ code: "unopened" });
    socket().break();
    await failed;
  });
});

describe("requests", () => {
  test("are matched to replies by id, in whatever order these come", async () => {
    const { signaling, socket } = await joined();
    const first = signaling.request({ type: "offer", sdp: "one" });
    const firstRequest = socket().last("offer");
    const second = signaling.request({ type: "hand", raised: true });
    const secondRequest = socket().last("hand");
    expect(firstRequest.id).not.toBe(secondRequest.id);
    socket().ok(secondRequest);
    await expect(second).resolves.toBeNull();
    socket().ok(firstRequest, { type: "answer", sdp: "two" });
    await expect(first).resolves.toEqual({ type: "answer", sdp: "two" });
  });

  test("reject with what the server says", async () => {
    const { signaling, socket } = await joined();
    const failed = expect(signaling.request({ type: "react", emoji: "x" })).rejects.toEqual(
      new RequestError("not_allowed", "Refused: not_allowed."),
    );
    socket().refuse(socket().last("react"), "not_allowed");
    await failed;
  });

  test("time out after ten seconds; an answer that comes later is ignored", async () => {
    const { signaling, socket } = await joined();
    const failed = expect(signaling.request({ type: "hand", raised: true })).rejects.toMatchObject({ code: "timeout" });
    for (let second = 0; second < 10; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      const ping = socket().sent.findLast(({ type }) => type === "ping");
      if (ping !== undefined) socket().ok(ping);
    }
    await failed;
    socket().ok(socket().last("hand"));
    expect(signaling.connected).toBe(true);
  });

  test("under way when the socket is lost reject at once, and so do those made before it is back", async () => {
    const { signaling, socket } = await joined();
    const failed = expect(signaling.request({ type: "hand", raised: true })).rejects.toMatchObject({ code: "lost" });
    socket().break();
    await failed;
    await expect(signaling.request({ type: "hand", raised: true })).rejects.toMatchObject({ code: "lost" });
  });
});

describe("events", () => {
  test("are passed on in order, each once", async () => {
    const { socket, events } = await joined({ last_event: 4 });
    socket().event(4, reaction("old"));
    socket().event(5, reaction("five"));
    socket().event(5, reaction("again"));
    socket().event(6, reaction("six"));
    expect(events).toEqual([reaction("five"), reaction("six")]);
  });

  test("with a gap make the client resume from the last that it saw", async () => {
    const { socket, sockets, events } = await joined();
    socket().event(1, reaction("one"));
    socket().event(3, reaction("three"));
    expect(events).toEqual([reaction("one")]);
    await vi.advanceTimersByTimeAsync(100);
    expect(sockets).toHaveLength(2);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    expect(socket().last("resume")).toMatchObject({ last_event: 1 });
  });

  test("that come in one message are handed on one by one, each once", async () => {
    const { socket, sockets, events } = await joined();
    socket().receive({ type: "events", seq: 1, events: [reaction("one"), reaction("two")] });
    socket().receive({ type: "events", seq: 2, events: [reaction("two"), reaction("three")] });
    expect(events).toEqual([reaction("one"), reaction("two"), reaction("three")]);
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    const request = socket().last("resume");
    expect(request).toMatchObject({ last_event: 3 });
    socket().ok(request, { type: "resumed", missed: 2, negotiated: true });
    socket().receive({ type: "events", seq: 4, events: [reaction("four"), reaction("five")] });
    expect(events.slice(3)).toEqual([reaction("four"), reaction("five")]);
    expect(sockets).toHaveLength(2);
  });

  test("in one message after a gap make the client resume once", async () => {
    const { socket, sockets, events, handlers } = await joined();
    socket().receive({ type: "events", seq: 2, events: [reaction("two"), reaction("three"), reaction("four")] });
    expect(events).toEqual([]);
    expect(handlers.lost).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(100);
    expect(sockets).toHaveLength(2);
  });

  test("that come in the same breath as the welcome are not lost", async () => {
    const { signaling, socket, events } = setUp();
    const joining = signaling.join("token");
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    socket().ok(socket().last("join"), welcome());
    socket().event(1, reaction("one"));
    await joining;
    expect(events).toEqual([reaction("one")]);
  });
});

describe("a lost socket", () => {
  test("is replaced, and missed events are replayed without loss or duplicates", async () => {
    const { signaling, socket, events, handlers } = await joined();
    socket().event(1, reaction("one"));
    socket().break();
    expect(handlers.lost).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(100);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    const request = socket().last("resume");
    expect(request).toMatchObject({ token: "resume-1", last_event: 1 });
    socket().ok(request, { type: "resumed", missed: 2, negotiated: true });
    socket().event(2, reaction("two"));
    socket().event(2, reaction("two"));
    socket().event(3, reaction("three"));
    expect(handlers.resumed).toHaveBeenCalledExactlyOnceWith({ type: "resumed", missed: 2, negotiated: true });
    expect(events).toEqual([reaction("one"), reaction("two"), reaction("three")]);
    expect(signaling.connected).toBe(true);
  });

  test("that was replaced is not listened to any more", async () => {
    const { socket, events } = await joined();
    socket(0).break();
    await vi.advanceTimersByTimeAsync(100);
    socket(0).event(1, reaction("ghost"));
    expect(events).toEqual([]);
  });

  test("is tried again after 0.1, 0.2, 0.4 … 3 s, and from the start after success", async () => {
    const { socket, sockets } = await joined();
    socket().break();
    for (const delay of [100, 200, 400, 800, 1600, 3000, 3000]) {
      const before = sockets.length;
      await vi.advanceTimersByTimeAsync(delay - 1);
      expect(sockets).toHaveLength(before);
      await vi.advanceTimersByTimeAsync(1);
      expect(sockets).toHaveLength(before + 1);
      socket().break();
      await vi.advanceTimersByTimeAsync(0);
    }
    await vi.advanceTimersByTimeAsync(5000);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    socket().ok(socket().last("resume"), { type: "resumed", missed: 0, negotiated: true });
    const before = sockets.length;
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    expect(sockets).toHaveLength(before + 1);
  });

  test("whose session the server forgot ends in a demand for a new join", async () => {
    const { socket, sockets, handlers } = await joined();
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    socket().refuse(socket().last("resume"), "cannot_resume");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(handlers.sessionLost).toHaveBeenCalledOnce();
    expect(sockets).toHaveLength(2);
  });

  test("is not replaced after close", async () => {
    const { signaling, sockets, handlers } = await joined();
    signaling.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
    expect(handlers.lost).not.toHaveBeenCalled();
  });
});

describe("the heartbeat", () => {
  test("pings every five seconds and notices a dead socket within ten", async () => {
    const { socket, handlers } = await joined();
    await vi.advanceTimersByTimeAsync(5000);
    socket().ok(socket().last("ping"));
    await vi.advanceTimersByTimeAsync(5000);
    expect(socket().sent.filter(({ type }) => type === "ping")).toHaveLength(2);
    expect(handlers.lost).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(4000);
    expect(handlers.lost).toHaveBeenCalledOnce();
    expect(socket(0).closed).toBe(true);
  });

  test("is brought forward by a change of network", async () => {
    const { signaling, handlers } = await joined();
    signaling.probe();
    await vi.advanceTimersByTimeAsync(1500);
    expect(handlers.lost).toHaveBeenCalledOnce();
  });

  test("a change of network cuts a long wait short", async () => {
    const { signaling, socket, sockets } = await joined();
    socket().break();
    for (let attempt = 0; attempt < 7; attempt++) {
      await vi.advanceTimersByTimeAsync(5000);
      socket().break();
      await vi.advanceTimersByTimeAsync(0);
    }
    const before = sockets.length;
    signaling.probe();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(before + 1);
  });
});

describe("an attempt to reach the server again", () => {
  test("that was sent into a network that is gone gives way to another when the network changes", async () => {
    const { signaling, socket, sockets, handlers } = await joined();
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    const dead = socket();
    signaling.probe();
    await vi.advanceTimersByTimeAsync(0);
    expect([dead.closed, sockets.length]).toEqual([true, 3]);
    // What the dead one says at last is of no interest.
    dead.open();
    dead.break();
    await vi.advanceTimersByTimeAsync(0);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    socket().ok(socket().last("resume"), { type: "resumed", missed: 0, negotiated: true });
    expect([sockets.length, signaling.connected]).toEqual([3, true]);
    expect(handlers.resumed).toHaveBeenCalledOnce();
  });

  test("is given up after seconds where nothing comes back", async () => {
    const { socket, sockets } = await joined();
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    expect(sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(2500 + 200);
    expect(sockets).toHaveLength(3);
  });
});

describe("a later server", () => {
  test("may send kinds of messages, events, results and fields that are not known", async () => {
    const { signaling, socket, events, handlers } = await joined({ server: { version: "9.9", features: ["new"] } });
    socket().receive({ type: "notice", seq: 1, text: "?" });
    socket().receive({ type: "notice", id: null });
    socket().event(1, { type: "moon.rises", over: { the: ["sea"] } });
    socket().event(2, { ...reaction("👍"), size: "huge" });
    expect(events.map(({ type }) => type)).toEqual(["moon.rises", "reaction"]);
    const asked = signaling.request({ type: "hand", raised: true });
    socket().receive({ type: "progress", id: socket().last("hand").id });
    socket().receive({ type: "ok", id: socket().last("hand").id, result: { type: "raised", place: 3 }, took: 1 });
    await expect(asked).resolves.toEqual({ type: "raised", place: 3 });
    const refused = expect(signaling.request({ type: "ping" })).rejects.toMatchObject({ code: "full_moon" });
    socket().refuse(socket().last("ping"), "full_moon");
    await refused;
    expect(signaling.connected).toBe(true);
    expect(handlers.lost).not.toHaveBeenCalled();
    socket().break();
    await vi.advanceTimersByTimeAsync(1000);
    socket().open();
    await vi.advanceTimersByTimeAsync(0);
    expect(socket().last("resume")).toMatchObject({ last_event: 2 });
  });
});
