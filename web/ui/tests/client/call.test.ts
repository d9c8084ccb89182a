import { describe, expect, test, vi } from "vitest";
import { ApiError } from "../../src/client/http";
import { NO_MEDIA } from "../../src/client/media";
import { Peer } from "../../src/client/peer";
import { chatMessage, participant, publication } from "../fakes/messages";
import { accept, flows, joined, knock, letIn, type Parts, setUp, useFakeBrowser } from "../fakes/joinedCall";

const off = NO_MEDIA.microphone;

useFakeBrowser();

describe("joining", () => {
  test("a fifth other brings slots for everyone's sound, and a crowd brings no more", async () => {
    const parts = setUp();
    void parts.call.join("code", { name: "Me" });
    const participants = ["a", "b", "c", "d"].map((id) => participant(id, id));
    await accept(parts, { participants, slots: { audio: 4, video: 2 } });
    await vi.advanceTimersByTimeAsync(500);
    const { peer } = parts.call as unknown as { peer: Peer };
    expect(peer.slotCount("audio")).toBe(4);
    for (let number = 1; number <= 6; number += 1) {
      const joined = participant(`e${number}`, "Eve");
      parts.socket().event(number, { type: "participant.joined", participant: joined });
      expect(peer.slotCount("audio")).toBe(8);
    }
  });

  test("twice before the page could draw it is joining once", async () => {
    const parts = setUp();
    const joining = parts.call.join("code", { name: "Me" });
    await parts.call.join("code", { name: "Me" });
    await accept(parts);
    await joining;
    expect(parts.joinRoom).toHaveBeenCalledOnce();
  });

  test("sends offer, publications and wishes without waiting for the answer", async () => {
    const parts = setUp();
    const track = { getSettings: () => ({ width: 640, height: 360 }) } as unknown as MediaStreamTrack;
    parts.media.update({ camera: { ...off, on: true, track } });
    parts.call.watch([{ publication: "a.camera", height: 400, priority: 1 }]);
    const joining = parts.call.join("code", { name: "Me" });
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
    await expect(parts.call.join("code", { name: "Me" })).rejects.toMatchObject({ code: "room_not_found" });
    expect(parts.call.getSnapshot().phase).toBe("idle");
    const again = parts.call.join("code", { name: "Me" });
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

describe("alone in a room", () => {
  const sound = { kind: "audio" } as MediaStreamTrack;
  const screenSound = { kind: "audio" } as MediaStreamTrack;
  const picture = { kind: "video", getSettings: () => ({}) } as MediaStreamTrack;

  async function alone(): Promise<Parts & { sent: () => unknown[] }> {
    const parts = setUp();
    parts.media.update({
      microphone: { ...off, on: true, track: sound },
      camera: { ...off, on: true, track: picture },
      screenAudio: screenSound,
    });
    const joining = parts.call.join("code", { name: "Me" });
    await accept(parts, { participants: [] });
    await joining;
    await flows(parts);
    const sent = (): unknown[] =>
      parts
        .connection()
        .transceivers.slice(0, 4)
        .map(({ sender }) => sender.track);
    return { ...parts, sent };
  }

  test("no sound is sent, and what is published stays so", async () => {
    const { sent, socket } = await alone();
    expect(sent()).toEqual([null, picture, null, null]);
    expect(socket().last("publish")).toMatchObject({ source: "screen_audio", muted: false });
    expect(socket().sent.filter(({ type }) => type === "publish")).toHaveLength(3);
    expect(socket().sent.filter(({ type }) => type === "mute")).toEqual([]);
  });

  test("sound is sent as soon as somebody is announced, until the last one has left", async () => {
    const { sent, socket } = await alone();
    socket().event(1, { type: "participant.joined", participant: participant("a", "Ada") });
    expect(sent()).toEqual([sound, picture, null, screenSound]);
    socket().event(2, { type: "participant.joined", participant: participant("b", "Ben") });
    socket().event(3, { type: "participant.left", participant: "a", why: "left" });
    expect(sent()).toEqual([sound, picture, null, screenSound]);
    socket().event(4, { type: "participant.left", participant: "b", why: "left" });
    expect(sent()).toEqual([null, picture, null, null]);
    expect(socket().sent.filter(({ type }) => type === "offer")).toHaveLength(1);
  });

  test("sound is sent while nobody would be announced, since signaling is lost", async () => {
    const parts = await alone();
    parts.socket().break();
    expect(parts.sent()).toEqual([sound, picture, null, screenSound]);
    await vi.advanceTimersByTimeAsync(100);
    parts.socket().open();
    await vi.advanceTimersByTimeAsync(0);
    parts.socket().ok(parts.socket().last("resume"), { type: "resumed", missed: 0, negotiated: true });
    expect(parts.sent()).toEqual([null, picture, null, null]);
  });

  test("one is shown as speaking by what the page hears, and else as the server says", async () => {
    const { call, socket } = await alone();
    const speakers = (): readonly string[] => call.getSnapshot().speakers;
    call.hearMyself(true);
    call.hearMyself(true);
    expect(speakers()).toEqual(["me"]);
    call.hearMyself(false);
    expect(speakers()).toEqual([]);
    socket().event(1, { type: "participant.joined", participant: participant("a", "Ada") });
    call.hearMyself(true);
    expect(speakers()).toEqual([]);
    socket().event(2, { type: "speakers", participants: ["a", "me"] });
    expect(speakers()).toEqual(["a", "me"]);
  });
});

describe("the waiting room", () => {
  const room = { id: "room", code: "code", title: "Room", access: "waiting" as const };

  async function waiting(): Promise<Parts> {
    const parts = setUp();
    const joining = parts.call.join("code", { name: "Me" });
    await knock(parts);
    parts.socket().ok(parts.socket().last("join"), { type: "waits", room });
    await joining;
    return parts;
  }

  test("is where one stays until admitted, on the same socket", async () => {
    const parts = await waiting();
    const { call, socket, sockets } = parts;
    expect(call.getSnapshot()).toMatchObject({ phase: "waiting", room: { title: "Room" } });
    expect(socket().sent.map(({ type }) => type)).toEqual(["join"]);
    socket().event(1, { type: "admitted", token: "ticket" });
    expect(socket().last("join").token).toBe("ticket");
    expect(call.getSnapshot().phase).toBe("waiting");
    await letIn(parts);
    expect(call.getSnapshot().phase).toBe("connected");
    expect(sockets).toHaveLength(1);
    socket().event(1, { type: "reaction", participant: "a", emoji: "x" });
    expect(socket().last("offer")).toBeDefined();
  });

  test("ends for who is not let in", async () => {
    const { call, socket } = await waiting();
    socket().event(1, { type: "bye", why: "denied" });
    expect(call.getSnapshot()).toMatchObject({ phase: "ended", ended: { why: "denied" } });
    expect(socket().closed).toBe(true);
  });

  test("is found again after the connection broke", async () => {
    const parts = await waiting();
    parts.socket().break();
    expect(parts.call.getSnapshot().phase).toBe("waiting");
    await knock(parts);
    expect(parts.socket().last("join").token).toBe("token 2");
    parts.socket().ok(parts.socket().last("join"), { type: "waits", room });
    await vi.advanceTimersByTimeAsync(0);
    expect(parts.call.getSnapshot().phase).toBe("waiting");
    expect(parts.sockets).toHaveLength(2);
  });

  test("is asked again where the token of the admission is refused", async () => {
    const parts = await waiting();
    parts.socket().event(1, { type: "admitted", token: "stale" });
    parts.socket().refuse(parts.socket().last("join"), "bad_token");
    await accept(parts);
    expect(parts.socket().last("join").token).toBe("token 2");
    expect(parts.call.getSnapshot().phase).toBe("connected");
  });

  test("is left without a word", async () => {
    const { call, socket } = await waiting();
    call.leave();
    expect(call.getSnapshot()).toMatchObject({ phase: "ended", ended: { why: "left" } });
    expect(socket().closed).toBe(true);
  });
});

describe("moderation", () => {
  const track = { getSettings: () => ({}), kind: "audio" } as unknown as MediaStreamTrack;

  test("is asked of the server", async () => {
    const { call, socket } = await joined();
    const asked = call.moderate({ do: "remove", participant: "a" });
    expect(socket().last("moderate").action).toEqual({ do: "remove", participant: "a" });
    socket().refuse(socket().last("moderate"), "not_allowed");
    await expect(asked).rejects.toMatchObject({ code: "not_allowed" });
  });

  test("that mutes one turns the own microphone off, and it may be turned on again", async () => {
    const { media, socket } = await joined();
    media.update({ microphone: { ...off, on: true, track } });
    socket().ok(socket().last("publish"));
    await vi.advanceTimersByTimeAsync(0);
    socket().event(1, { type: "publication.updated", publication: publication("me", "microphone", true), by: "a" });
    expect(media.getSnapshot().microphone.on).toBe(false);
    expect(socket().sent.filter(({ type }) => type === "mute")).toEqual([]);
    void media.setMicrophone(true);
    expect(socket().last("mute")).toMatchObject({ source: "microphone", muted: false });
  });

  test("that mutes everyone turns the own microphone off too", async () => {
    const { media, socket } = await joined();
    media.update({ microphone: { ...off, on: true, track } });
    socket().ok(socket().last("publish"));
    await vi.advanceTimersByTimeAsync(0);
    socket().event(1, { type: "publication.added", publication: publication("me", "microphone") });
    socket().event(2, { type: "publications.muted", publications: ["a.microphone"], by: "a" });
    expect(media.getSnapshot().microphone.on).toBe(true);
    socket().event(3, { type: "publications.muted", publications: ["a.microphone", "me.microphone"], by: "a" });
    expect(media.getSnapshot().microphone.on).toBe(false);
  });

  test("of one's own doing is no news", async () => {
    const { media, socket } = await joined();
    media.update({ microphone: { ...off, on: true, track } });
    socket().ok(socket().last("publish"));
    await vi.advanceTimersByTimeAsync(0);
    void media.setMicrophone(false);
    void media.setMicrophone(true);
    socket().event(1, { type: "publication.updated", publication: publication("me", "microphone", true) });
    expect(media.getSnapshot().microphone.on).toBe(true);
  });

  test("that stops a shared screen ends the sharing", async () => {
    const { media, socket } = await joined();
    media.update({ screen: track });
    socket().ok(socket().last("publish"));
    await vi.advanceTimersByTimeAsync(0);
    socket().event(1, { type: "publication.updated", publication: publication("me", "screen", true), by: "a" });
    expect(media.getSnapshot().screen).toBeNull();
    expect(socket().last("unpublish")).toMatchObject({ source: "screen" });
  });

  test("that takes the right to publish withdraws what is published", async () => {
    const { media, socket } = await joined();
    media.update({ microphone: { ...off, on: true, track } });
    socket().event(1, { type: "rights.updated", rights: { publish: false } });
    expect(socket().last("unpublish")).toMatchObject({ source: "microphone" });
  });
});

describe("a room that wants newcomers quiet", () => {
  const room = { id: "room", code: "code", title: "Room", start_muted: true, start_camera_off: true };
  const track = { getSettings: () => ({}) } as unknown as MediaStreamTrack;

  async function comesIn(rights: object): Promise<Parts> {
    const parts = setUp();
    parts.media.update({ microphone: { ...off, on: true, track }, camera: { ...off, on: true, track } });
    const joining = parts.call.join("code", { name: "Me" });
    await accept(parts, { room, rights });
    await joining;
    return parts;
  }

  test("finds them so", async () => {
    const { media, socket } = await comesIn({});
    expect(media.getSnapshot()).toMatchObject({ microphone: { on: false }, camera: { on: false } });
    expect(socket().sent).toContainEqual(expect.objectContaining({ source: "microphone", muted: true }));
  });

  test("mutes what they publish at first; who turns it on means it", async () => {
    const { media, socket } = await comesIn({});
    void media.setCamera(true);
    socket().event(1, { type: "publication.added", publication: publication("me", "camera", true) });
    expect(socket().last("mute")).toMatchObject({ source: "camera", muted: false });
    socket().event(2, { type: "publication.added", publication: publication("me", "microphone", true) });
    expect(socket().sent.filter((sent) => sent.type === "mute" && sent.source === "microphone")).toEqual([]);
  });

  test("leaves hosts as they come", async () => {
    const { media } = await comesIn({ moderate: true });
    expect(media.getSnapshot()).toMatchObject({ microphone: { on: true }, camera: { on: true } });
  });
});

describe("older chat", () => {
  async function withChat(): Promise<Parts> {
    const parts = setUp();
    const joining = parts.call.join("code", { name: "Me" });
    await accept(parts, { chat: [chatMessage(7), chatMessage(8)] });
    await joining;
    return parts;
  }

  test("is fetched page by page, until there is none", async () => {
    const { call, socket } = await withChat();
    const loading = call.loadOlderChat();
    void call.loadOlderChat();
    expect(socket().sent.filter(({ type }) => type === "history")).toHaveLength(1);
    expect(socket().last("history")).toMatchObject({ before: 7, limit: 50 });
    socket().ok(socket().last("history"), {
      type: "chat_page",
      messages: [chatMessage(5), chatMessage(6)],
      more: false,
    });
    await loading;
    expect(call.getSnapshot().chat).toMatchObject({
      older: "none",
      messages: [{ id: 5 }, { id: 6 }, { id: 7 }, { id: 8 }],
    });
    await call.loadOlderChat();
    expect(socket().sent.filter(({ type }) => type === "history")).toHaveLength(1);
  });

  test("that could not be fetched can be asked for again", async () => {
    const { call, socket } = await withChat();
    const loading = call.loadOlderChat();
    socket().refuse(socket().last("history"), "unavailable");
    await expect(loading).rejects.toMatchObject({ code: "unavailable" });
    expect(call.getSnapshot().chat.older).toBe("some");
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

  test.each(["removed", "banned", "ended", "room_closed", "room_expired", "signed_out"])(
    "%s is told apart",
    async (why) => {
      const { call, socket } = await joined();
      socket().event(1, { type: "bye", why });
      expect(call.getSnapshot()).toMatchObject({ phase: "ended", ended: { why } });
    },
  );

  test("a stopping server does not: the call waits for it", async () => {
    const { call, socket, sockets } = await joined();
    socket().event(1, { type: "bye", why: "server_stopping" });
    socket().break();
    await vi.advanceTimersByTimeAsync(100);
    expect(call.getSnapshot().phase).toBe("reconnecting");
    expect(sockets).toHaveLength(2);
  });
});
