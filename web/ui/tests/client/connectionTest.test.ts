import { expect, test, vi } from "vitest";
import { CHECKS, ConnectionTest, type TestParts } from "../../src/client/connectionTest";
import { ApiError } from "../../src/client/http";

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

  readonly peer: never = { relayAddresses: ["203.0.113.7:8080"] } as never;
  enter = vi.fn(() => Promise.resolve({} as never));
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
      { id: "local", type: "local-candidate", timestamp, protocol: this.protocol },
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
    createPeer: () => {
      const end = new FakeEnd();
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
  expect(verdicts(checked)).toEqual(["good", "good", "good", "good", "good", "good", "good"]);
  expect(rows.server).toMatchObject({ outcome: "server", values: { ms: 10 } });
  expect(rows.media).toMatchObject({ outcome: "udp", values: { relay: "203.0.113.7:8080", ms: 20 } });
  expect(rows.video).toMatchObject({ outcome: "video", values: { up: 2, down: 2, loss: 0, height: 720 } });
  expect(rows.camera.values).toEqual({ name: "Built-in (1280×720)" });
  expect(rows.speakers.values).toEqual({ names: "Headset" });
  expect([running, finished === null]).toEqual([false, false]);
  expect(ends.map(({ closed, watched, sent }) => [closed, watched, sent])).toEqual([
    [true, false, 1],
    [true, true, 0],
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
  expect([video.verdict, video.outcome]).toEqual(["skipped", "notReached"]);
  expect(microphone.verdict).toBe("good");
  expect(ends.map(({ closed }) => closed)).toEqual([true]);
});

test.each([
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
  expect(checked.getSnapshot().rows.video.verdict).toBe("skipped");
});

test("a browser that can't call, and a server that doesn't answer, end it early", async () => {
  const old = made({ canCall: () => false });
  await old.checked.run();
  expect(verdicts(old.checked).slice(0, 4)).toEqual(["bad", "skipped", "skipped", "skipped"]);
  const away = made({ ping: () => Promise.reject(new ApiError("unreachable", "", 0)) });
  await away.checked.run();
  expect(verdicts(away.checked).slice(0, 4)).toEqual(["good", "bad", "skipped", "skipped"]);
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
  expect(verdicts(insecure.checked).slice(4)).toEqual(["bad", "bad", "bad"]);
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
