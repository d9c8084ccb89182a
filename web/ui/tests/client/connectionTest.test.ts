import { expect, test, vi } from "vitest";
import { CHECKS, ConnectionTest, type TestParts } from "../../src/client/connectionTest";
import { ApiError } from "../../src/client/http";
import type { IceServer } from "../../src/client/protocol";
import type { Way } from "../../src/client/ways";

/** One end of the test, whose counters go on by so many bytes with each look. */
class FakeEnd {
  closed = false;
  watched = false;
  sent = 0;
  reachable = true;
  protocol = "udp";
  bytes = 250_000;
  lost = 0;
  limitedBy = "none";
  private looks = 0;

  turn: string | null = null;
  turnRefusal: string | null = null;
  servers: IceServer[] = [];

  constructor(readonly way: Way | null) {}

  readonly peer: never = { relayAddresses: () => this.addresses } as never;
  addresses = ["203.0.113.7:8080"];
  enter = vi.fn(() => Promise.resolve({ ice_servers: this.servers } as never));
  connect = vi.fn(() => Promise.resolve(this.reachable));
  send = vi.fn(() => {
    this.sent++;
    return Promise.resolve();
  });

  watchFirst(): void {
    this.watched = true;
  }

  report(): Promise<Iterable<object>> {
    const timestamp = ++this.looks * 1000;
    const counters = { timestamp, kind: "video", frameHeight: 720, frameWidth: 1280 };
    const received = { bytesReceived: this.looks * this.bytes, packetsReceived: this.looks * 100 };
    const out = { bytesSent: this.looks * this.bytes, qualityLimitationReason: this.limitedBy };
    return Promise.resolve([
      { id: "in", type: "inbound-rtp", ...counters, ...received, packetsLost: this.looks * this.lost },
      { id: "out", type: "outbound-rtp", ...counters, ...out },
      {
        id: "pair",
        type: "candidate-pair",
        timestamp,
        nominated: true,
        state: "succeeded",
        localCandidateId: "local",
        remoteCandidateId: "remote",
        currentRoundTripTime: 0.02,
      },
      {
        id: "local",
        type: "local-candidate",
        timestamp,
        protocol: this.protocol,
        candidateType: this.turn === null ? "host" : "relay",
        ...(this.turn === null ? {} : { relayProtocol: this.turn }),
      },
      { id: "remote", type: "remote-candidate", timestamp, address: "203.0.113.7", port: 8080 },
    ]);
  }

  close(): void {
    this.closed = true;
  }
}

const track = { label: "Built-in", getSettings: () => ({ width: 1280, height: 720 }), stop: vi.fn() };

function made(change: Partial<TestParts> = {}, prepare: (end: FakeEnd) => void = () => undefined) {
  const ends: FakeEnd[] = [];
  const stopped = vi.fn();
  const deleted = vi.fn(() => Promise.resolve());
  let now = 0;
  const parts: Partial<TestParts> = {
    createRoom: () => Promise.resolve({ id: "room", code: "code", role: "owner" }),
    deleteRoom: deleted,
    ping: () => Promise.resolve(),
    createPeer: (_, way) => {
      const end = new FakeEnd(way);
      prepare(end);
      ends.push(end);
      return end;
    },
    picture: () => ({ track: track as never, stop: stopped }),
    openDevice: () => Promise.resolve(track as never),
    listDevices: () => Promise.resolve({ microphones: [], cameras: [], speakers: [{ id: "1", label: "Headset" }] }),
    explain: (error) => Promise.resolve(error),
    canCall: () => true,
    devicesAvailable: () => true,
    sleep: () => Promise.resolve(),
    now: () => (now += 10),
    ...change,
  };
  return { checked: new ConnectionTest("Test", parts), ends, stopped, deleted };
}

const verdicts = (checked: ConnectionTest): string[] =>
  CHECKS.map((check) => checked.getSnapshot().rows[check].verdict);

test("where everything works, all checks say so, and nothing is left behind", async () => {
  const { checked, ends, stopped, deleted } = made();
  expect(new Set(verdicts(checked))).toEqual(new Set(["waiting"]));
  await checked.run();
  const { rows, running, finished } = checked.getSnapshot();
  expect(verdicts(checked)).toEqual(CHECKS.map(() => "good"));
  expect(rows.server).toMatchObject({ outcome: "server", values: { ms: 10 } });
  expect(rows.media).toMatchObject({ outcome: "udp", values: { relay: "203.0.113.7:8080", ms: 20 } });
  expect(rows.video).toMatchObject({ outcome: "video", values: { up: 2, down: 2, loss: 0, height: 720 } });
  expect(rows.camera.values).toEqual({ name: "Built-in (1280×720)" });
  expect(rows.speakers.values).toEqual({ names: "Headset" });
  expect([running, finished === null]).toEqual([false, false]);
  expect(rows.udp).toMatchObject({ outcome: "wayOpen", values: { relay: "203.0.113.7:8080", ms: 20 } });
  expect(rows.tcp.outcome).toBe("wayOpen");
  expect(ends.map(({ way, closed, watched, sent }) => [way?.by, closed, watched, sent])).toEqual([
    [undefined, true, false, 1],
    ["udp", true, false, 0],
    ["tcp", true, false, 0],
    [undefined, true, true, 0],
  ]);
  expect(stopped).toHaveBeenCalledOnce();
  expect(deleted).toHaveBeenCalledWith("room");
});

test("a guest's room is left to expire", async () => {
  const { checked, deleted } = made({ createRoom: () => Promise.resolve({ id: "room", code: "code", role: null }) });
  await checked.run();
  expect(checked.getSnapshot().rows.media.verdict).toBe("good");
  expect(deleted).not.toHaveBeenCalled();
});

test("blocked packets are told with the relay's address, and nothing is sent", async () => {
  const { checked, ends } = made({}, (end) => (end.reachable = false));
  await checked.run();
  const { media, video, microphone } = checked.getSnapshot().rows;
  expect(media).toEqual({ verdict: "bad", outcome: "blocked", values: { relay: "203.0.113.7:8080" } });
  const { udp, tcp } = checked.getSnapshot().rows;
  const values = { relay: "203.0.113.7:8080" };
  expect([udp, tcp]).toEqual([
    { verdict: "blocked", outcome: "udpBlocked", values },
    { verdict: "blocked", outcome: "tcpBlocked", values },
  ]);
  expect([video.verdict, video.outcome]).toEqual(["skipped", "notReached"]);
  expect(microphone.verdict).toBe("good");
  expect(ends.map(({ closed, sent }) => [closed, sent])).toEqual([
    [true, 0],
    [true, 0],
    [true, 0],
  ]);
});

test("each address of a TURN server is tried alone, and says what is wrong with it", async () => {
  const urls = ["turn:a.example", "turn:a.example:80?transport=tcp", "turns:b.example:443"];
  const { checked, ends } = made({}, (end) => {
    end.servers = [{ urls: ["stun:a.example"] }, { urls, username: "u", credential: "c" }];
    if (end.way?.by !== "turn") return;
    const [url = ""] = end.way.server.urls;
    if (url !== urls[0]) end.reachable = false;
    if (url === urls[2]) end.turnRefusal = "401 Unauthorized";
  });
  await checked.run();
  expect(checked.getSnapshot().turn).toMatchObject([
    { server: "a.example:3478", by: "UDP", verdict: "good", outcome: "wayOpen" },
    { server: "a.example:80", by: "TCP", verdict: "blocked", outcome: "turnBlocked" },
    { server: "b.example:443", by: "TLS", verdict: "bad", outcome: "turnRefused" },
  ]);
  expect(checked.getSnapshot().turn[2]?.values).toEqual({ reason: "401 Unauthorized" });
  const ways = ends.map(({ way }) => way).filter((way) => way?.by === "turn");
  expect(ways).toEqual(urls.map((url) => ({ by: "turn", server: { urls: [url], username: "u", credential: "c" } })));
  expect(ends.every(({ closed }) => closed)).toBe(true);
  expect(checked.getSnapshot().rows.video.verdict).toBe("good");
});

test("a few ways are tried at once", async () => {
  let [open, most] = [0, 0];
  const { checked, ends } = made({}, (end) => {
    end.servers = [{ urls: ["turn:a.example", "turn:b.example", "turn:c.example"] }];
    if (end.way === null) return;
    most = Math.max(most, ++open);
    const close = end.close.bind(end);
    end.close = () => {
      if (!end.closed) open--;
      close();
    };
  });
  await checked.run();
  expect([ends.filter(({ way }) => way !== null).length, most, open]).toEqual([5, 2, 0]);
});

test("a server without media over TCP says so, and a way that can't be tried stops none of the others", async () => {
  const { checked } = made({}, (end) => {
    if (end.way?.by === "tcp") Object.assign(end, { reachable: false, addresses: [] });
    if (end.way?.by === "udp") end.enter = vi.fn(() => Promise.reject(new ApiError("too_many", "", 429)));
  });
  await checked.run();
  const { udp, tcp, video } = checked.getSnapshot().rows;
  expect([udp, tcp].map(({ verdict, outcome }) => [verdict, outcome])).toEqual([
    ["skipped", "failed"],
    ["skipped", "tcpNotOffered"],
  ]);
  expect(video.verdict).toBe("good");
});

test.each([
  ["a relay reached through a TURN server only", "media", "turn", (end: FakeEnd): void => void (end.turn = "tls")],
  ["a relay reached over TCP only", "media", "tcp", (end: FakeEnd): void => void (end.protocol = "tcp")],
  ["a narrow link", "video", "videoSlow", (end: FakeEnd): void => void (end.bytes = 20_000)],
  [
    "a busy computer",
    "video",
    "videoComputer",
    (end: FakeEnd) => Object.assign(end, { bytes: 20_000, limitedBy: "cpu" }),
  ],
  ["losses", "video", "videoLossy", (end: FakeEnd): void => void (end.lost = 10)],
] as const)("%s is a warning", async (_, check, outcome, prepare) => {
  const { checked } = made({}, prepare);
  await checked.run();
  expect(checked.getSnapshot().rows[check]).toMatchObject({ verdict: "warning", outcome });
});

test("without any picture, that is a problem", async () => {
  const { checked } = made({}, (end) => (end.bytes = 0));
  await checked.run();
  expect(checked.getSnapshot().rows.video).toMatchObject({ verdict: "bad", outcome: "videoNone" });
});

test.each([
  ["sign_in_required", "skipped", "needsAccount"],
  ["websocket_blocked", "bad", "websocketBlocked"],
  ["unreachable", "bad", "unreachable"],
  ["too_many", "bad", "failed"],
] as const)("a refusal by %s is told", async (code, verdict, outcome) => {
  const { checked } = made({ createRoom: () => Promise.reject(new ApiError(code, "", 403)) });
  await checked.run();
  expect(checked.getSnapshot().rows.media).toMatchObject({ verdict, outcome });
  const { video, udp, tcp } = checked.getSnapshot().rows;
  expect([video, udp, tcp].map((row) => row.verdict)).toEqual(["skipped", "skipped", "skipped"]);
});

test("a browser that can't call, and a server that doesn't answer, end it early", async () => {
  const old = made({ canCall: () => false });
  await old.checked.run();
  const skipped = Array.from({ length: 4 }, () => "skipped");
  expect(verdicts(old.checked).slice(0, 6)).toEqual(["bad", "skipped", ...skipped]);
  const away = made({ ping: () => Promise.reject(new ApiError("unreachable", "", 0)) });
  await away.checked.run();
  expect(verdicts(away.checked).slice(0, 6)).toEqual(["good", "bad", ...skipped]);
  expect([...old.ends, ...away.ends]).toEqual([]);
});

test("devices say why they can't be used", async () => {
  const refuse = (kind: string): Promise<never> =>
    Promise.reject(new DOMException("", kind === "camera" ? "NotFoundError" : "NotAllowedError"));
  const { checked } = made({ openDevice: refuse });
  await checked.run();
  const { microphone, camera } = checked.getSnapshot().rows;
  expect([microphone.outcome, camera.outcome]).toEqual(["denied", "missing"]);
  const insecure = made({ devicesAvailable: () => false });
  await insecure.checked.run();
  expect(verdicts(insecure.checked).slice(6)).toEqual(["bad", "bad", "bad"]);
});

test("going away in the middle closes both ends", async () => {
  const { checked, ends, stopped }: ReturnType<typeof made> = made({
    sleep: (): Promise<void> => {
      checked.stop();
      return Promise.resolve();
    },
  });
  await checked.run();
  expect(ends.every(({ closed }) => closed)).toBe(true);
  expect(stopped).toHaveBeenCalledOnce();
});
