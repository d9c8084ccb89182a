import { describe, expect, test, vi } from "vitest";
import { ApiError } from "../../src/client/http";
import { accept, flows, joined, offers, reconnects, setUp, useFakeBrowser } from "../fakes/joinedCall";

useFakeBrowser();

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
    expect(socket().last("join").token).toBe("token 2");
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
    joinRoom.mockRejectedValueOnce(new ApiError("room_ended", "The room is gone.", 410));
    socket().refuse(socket().last("resume"), "cannot_resume");
    await vi.advanceTimersByTimeAsync(0);
    expect(call.getSnapshot()).toMatchObject({
      phase: "ended",
      ended: { why: "room_ended", message: "The room is gone." },
    });
  });

  test("broken media is mended by an offer that restarts ICE", async () => {
    const parts = await joined();
    parts.connection().state("failed");
    await vi.advanceTimersByTimeAsync(0);
    expect(parts.connection().offers).toEqual([{ iceRestart: false }, { iceRestart: true }]);
    expect(offers(parts)).toBe(2);
  });

  test("media that stops while all states look well makes one restart ICE and try the socket", async () => {
    const parts = await joined();
    const { call, socket, connection } = parts;
    connection().flows = false;
    await vi.advanceTimersByTimeAsync(1500);
    expect(offers(parts)).toBe(2);
    expect(connection().offers.at(-1)).toEqual({ iceRestart: true });
    expect(socket().last("ping")).toBeDefined();
    expect(call.getSnapshot().mediaConnected).toBe(false);
    connection().flows = true;
    await vi.advanceTimersByTimeAsync(500);
    expect(call.getSnapshot().mediaConnected).toBe(true);
  });

  test("a session that is resumed restarts ICE at once where media is silent", async () => {
    const parts = await joined();
    parts.connection().flows = false;
    await vi.advanceTimersByTimeAsync(1300);
    await reconnects(parts);
    parts.socket().ok(parts.socket().last("resume"), { type: "resumed", missed: 0, negotiated: true });
    await vi.advanceTimersByTimeAsync(0);
    expect(parts.connections).toHaveLength(1);
    expect(parts.connection().offers.at(-1)).toEqual({ iceRestart: true });
  });

  test("a connection that the server has ended is replaced within the session, once", async () => {
    const parts = await joined();
    const { call, socket, connections, joinRoom } = parts;
    socket().event(1, { type: "media.closed", ice_ufrag: "relay", why: "silent" });
    await vi.advanceTimersByTimeAsync(0);
    expect(connections.map(({ closed }) => closed)).toEqual([true, false]);
    expect(connections[1]?.transceivers).toHaveLength(7);
    // Told again, by a message that was under way when the new one was made.
    socket().event(2, { type: "media.closed", ice_ufrag: "relay", why: "closed" });
    await flows(parts, "relay 2");
    expect(connections).toHaveLength(2);
    expect(joinRoom).toHaveBeenCalledOnce();
    expect(call.getSnapshot()).toMatchObject({ phase: "connected", mediaConnected: true, you: "me" });
  });

  test("an offer that the server refuses since the connection has ended brings a new connection", async () => {
    const { socket, connection, connections } = await joined();
    connection().state("failed");
    await vi.advanceTimersByTimeAsync(0);
    socket().refuse(socket().last("offer"), "media_closed");
    await vi.advanceTimersByTimeAsync(0);
    expect(connections.map(({ closed }) => closed)).toEqual([true, false]);
  });

  test("no media: it is said which ways it doesn't get through, and nobody joins anew for it", async () => {
    const parts = setUp();
    const joining = parts.call.join("code", { name: "Me" });
    await accept(parts);
    await joining;
    const sdp =
      "a=candidate:1 1 udp 1 203.0.113.1 8080 typ host\r\n" +
      "a=candidate:1 1 tcp 1 203.0.113.1 443 typ host tcptype passive\r\n";
    parts.socket().ok(parts.socket().last("offer"), { type: "answer", sdp });
    for (let second = 0; second < 60; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      for (const request of parts.socket().sent) {
        if (request.type === "offer") parts.socket().ok(request, { type: "answer", sdp });
        else parts.socket().ok(request);
      }
      if (second !== 7) continue;
      expect(parts.call.getSnapshot().mediaBlocked).toEqual([
        { turn: false, by: "UDP", place: "203.0.113.1:8080" },
        { turn: false, by: "TCP", place: "203.0.113.1:443" },
      ]);
    }
    expect(parts.joinRoom).toHaveBeenCalledOnce();
    expect(parts.sockets).toHaveLength(1);
    const { length } = parts.connections;
    expect(length).toBeLessThan(6);
    parts.call.retryMedia();
    parts.socket().ok(parts.socket().last("ping"));
    await vi.advanceTimersByTimeAsync(0);
    expect(parts.connections).toHaveLength(length + 1);
    await flows(parts);
    expect(parts.call.getSnapshot()).toMatchObject({ mediaBlocked: null, mediaConnected: true, phase: "connected" });
  });

  test("fresh passwords of TURN servers are used from then on, and at once where media goes through one", async () => {
    const old = { urls: ["turn:a"], username: "1", credential: "x" };
    const fresh = { urls: ["turn:a"], username: "2", credential: "y" };
    const parts = await joined({ ice_servers: [old] });
    const { socket, connection, call } = parts;
    const restarts = (): (boolean | undefined)[] => connection().offers.map(({ iceRestart }) => iceRestart);
    expect(connection().configuration.iceServers).toEqual([old]);
    socket().event(1, { type: "ice_servers", ice_servers: [fresh] });
    await vi.advanceTimersByTimeAsync(0);
    expect(connection().configuration.iceServers).toEqual([fresh]);
    expect(restarts()).toEqual([false]);
    connection().relayed = true;
    socket().event(2, { type: "ice_servers", ice_servers: [old] });
    await vi.advanceTimersByTimeAsync(0);
    expect(restarts()).toEqual([false, true]);
    // Another connection in the same session knows them too.
    call.retryMedia();
    await vi.advanceTimersByTimeAsync(0);
    expect(parts.connections).toHaveLength(2);
    expect(connection().configuration.iceServers).toEqual([old]);
  });

  test("a page that was frozen looks at once whether all is well", async () => {
    const parts = await joined();
    const pings = (): number => parts.socket().sent.filter(({ type }) => type === "ping").length;
    const before = pings();
    vi.setSystemTime(Date.now() + 300_000);
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 300_000);
    await vi.advanceTimersByTimeAsync(500);
    expect(pings()).toBe(before + 1);
    clock.mockRestore();
  });
});
