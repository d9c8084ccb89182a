import { explained } from "./connectionCheck";
import { type DeviceKind, deviceProblem, devicesAvailable, listDevices, openDevice } from "./devices";
import { ApiError, call } from "./http";
import type { RoomDetails } from "./httpTypes";
import type { Welcome } from "./protocol";
import { type Counters, readReport, type Sample } from "./stats";
import { Store } from "./store";
import { TestPeer } from "./testPeer";
import { testPicture } from "./testPicture";
import { type TurnPlace, turnWays, type Way } from "./ways";

export const CHECKS = [
  "browser",
  "server",
  "media",
  "udp",
  "tcp",
  "video",
  "microphone",
  "camera",
  "speakers",
] as const;
export type Check = (typeof CHECKS)[number];

/** How a check came out; `blocked`: this way is, and another may work; `skipped`: it couldn't be made. */
export type Verdict = "waiting" | "running" | "good" | "warning" | "bad" | "blocked" | "skipped";

/** What is said of it: a key of the page's texts. */
export type Outcome =
  | "waiting"
  | "running"
  | "browser"
  | "noMedia"
  | "insecure"
  | "server"
  | "serverSlow"
  | "unreachable"
  | "websocketBlocked"
  | "foreignOrigin"
  | "needsAccount"
  | "failed"
  | "udp"
  | "udpSlow"
  | "tcp"
  | "turn"
  | "blocked"
  | "wayOpen"
  | "udpBlocked"
  | "tcpBlocked"
  | "tcpNotOffered"
  | "turnBlocked"
  | "turnRefused"
  | "notReached"
  | "video"
  | "videoComputer"
  | "videoSlow"
  | "videoLossy"
  | "videoNone"
  | "device"
  | "speakers"
  | "speakersUnknown"
  | "denied"
  | "missing"
  | "busy";

export interface Row {
  verdict: Verdict;
  outcome: Outcome;
  values: Readonly<Record<string, string | number>>;
}

/** How the way through a TURN server came out. */
export type TurnRow = Row & TurnPlace;

export interface TestState {
  running: boolean;
  /** When it ended, in milliseconds since 1970; null: not yet. */
  finished: number | null;
  rows: Readonly<Record<Check, Row>>;
  /** A row for each address of a TURN server; known once the room is entered. */
  turn: readonly TurnRow[];
}

const SAMPLES = 10;
const SAMPLE_MS = 1000;
/** Samples over which the result is taken: before, senders only feel their way up. */
const STEADY = 4;
const MUCH_DELAY_MS = 300;
const MUCH_LOSS = 0.03;
/** Bits per second below which the others' pictures are small and blurred. */
const LITTLE = 500_000;
const ROOM_SECONDS = 600;
const PINGS = 3;
/** Ways that are tried at once: with the end that is in the room already, a few devices of one person. */
const WAYS_AT_ONCE = 2;
/** What needs the room. */
const IN_ROOM = ["media", "udp", "tcp", "video"] as const;

const WAITING: Row = { verdict: "waiting", outcome: "waiting", values: {} };
const RUNNING: Row = { verdict: "running", outcome: "running", values: {} };

export const START: TestState = {
  running: false,
  finished: null,
  rows: Object.fromEntries(CHECKS.map((check) => [check, WAITING])) as TestState["rows"],
  turn: [],
};

/** What a test is made with; tests put their own in. */
export interface TestParts {
  createRoom: () => Promise<Pick<RoomDetails, "id" | "code" | "role">>;
  deleteRoom: (id: string) => Promise<void>;
  ping: () => Promise<unknown>;
  createPeer: (
    name: string,
    way: Way | null,
  ) => Pick<TestPeer, "enter" | "connect" | "send" | "watchFirst" | "report" | "close" | "peer" | "turnRefusal">;
  picture: typeof testPicture;
  openDevice: typeof openDevice;
  listDevices: typeof listDevices;
  explain: (error: unknown) => Promise<unknown>;
  canCall: () => boolean;
  devicesAvailable: typeof devicesAvailable;
  sleep: (ms: number) => Promise<void>;
  now: () => number;
}

const PARTS: TestParts = {
  createRoom: () => call("POST /api/rooms/create", { ttl_seconds: ROOM_SECONDS }),
  deleteRoom: (id) => call("DELETE /api/rooms/{id}", { id }),
  ping: () => call("GET /api/config"),
  createPeer: (name, way) => new TestPeer(name, way),
  picture: testPicture,
  openDevice,
  listDevices,
  explain: (error) => explained(error),
  canCall: () => "RTCPeerConnection" in globalThis && "WebSocket" in globalThis,
  devicesAvailable,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  now: () => performance.now(),
};

type Ends = ReturnType<TestParts["createPeer"]>;

/**
 * Finds out whether calls will work here: whether the server answers, packets get through to its relay and back, and
 * how much of a picture; and whether browser and devices do their part. It does what a call does, between two ends of
 * its own in a room that nobody else knows.
 */
export class ConnectionTest extends Store<TestState> {
  private readonly parts: TestParts;
  private ends: Ends[] = [];
  private stopped = false;

  constructor(
    private readonly name: string,
    parts: Partial<TestParts> = {},
  ) {
    super(START);
    this.parts = { ...PARTS, ...parts };
  }

  /** Makes all checks, one after the other. */
  async run(): Promise<void> {
    if (this.getSnapshot().running) return;
    this.stopped = false;
    this.set({ ...START, running: true });
    if (this.checkBrowser()) {
      if (await this.checkServer()) await this.checkMedia();
      else for (const check of IN_ROOM) this.say(check, "skipped", "notReached");
    }
    await this.checkDevices();
    this.update({ running: false, finished: Date.now() });
  }

  /** Ends what is under way. */
  stop(): void {
    this.stopped = true;
    this.closeEnds();
  }

  private checkBrowser(): boolean {
    const can = this.parts.canCall();
    this.say("browser", can ? "good" : "bad", can ? "browser" : "noMedia");
    if (!can) for (const check of ["server", ...IN_ROOM] as const) this.say(check, "skipped", "notReached");
    return can;
  }

  /** How long the server takes to answer; the first time, a connection has to be made too. */
  private async checkServer(): Promise<boolean> {
    this.begin("server");
    try {
      let best = Infinity;
      for (let ping = 0; ping < PINGS; ping++) {
        const asked = this.parts.now();
        await this.parts.ping();
        best = Math.min(best, this.parts.now() - asked);
      }
      const slow = best > MUCH_DELAY_MS;
      this.say("server", slow ? "warning" : "good", slow ? "serverSlow" : "server", { ms: Math.round(best) });
      return true;
    } catch {
      this.say("server", "bad", "unreachable");
      return false;
    }
  }

  private async checkMedia(): Promise<void> {
    this.begin("media");
    let room: string | null = null;
    try {
      const made = await this.parts.createRoom();
      // Guests can't delete theirs: it expires by itself, as it is empty.
      if (made.role === "owner") room = made.id;
      await this.checkRelay(made.code);
    } catch (error) {
      const reason = await this.parts.explain(error);
      const outcome = outcomeOf(reason);
      const { rows } = this.getSnapshot();
      const [failed, ...others] = IN_ROOM.filter((check) => ["waiting", "running"].includes(rows[check].verdict));
      if (failed) this.say(failed, outcome === "needsAccount" ? "skipped" : "bad", outcome);
      for (const check of others) this.say(check, "skipped", "notReached");
    } finally {
      this.closeEnds();
      if (room !== null) this.parts.deleteRoom(room).catch(() => undefined);
    }
  }

  private async checkRelay(code: string): Promise<void> {
    const sender = this.open(null);
    const { ice_servers } = await sender.enter(code);
    const connected = await this.checkCall(sender);
    await this.checkWays(code, ice_servers);
    if (connected) await this.checkVideo(code, sender);
    else this.say("video", "skipped", "notReached");
  }

  /** Connects as a call does, by whichever way is best. */
  private async checkCall(sender: Ends): Promise<boolean> {
    const asked = this.parts.now();
    const connected = await sender.connect();
    const took = Math.round(this.parts.now() - asked);
    if (!connected) {
      this.say("media", "bad", "blocked", { relay: sender.peer.relayAddresses("udp").join(", ") });
      return false;
    }
    const { sample, values } = await this.measured(sender, took);
    const slow = values.ms > MUCH_DELAY_MS;
    if (sample.turn !== null) this.say("media", "warning", "turn", values);
    else if (sample.protocol === "tcp") this.say("media", "warning", "tcp", values);
    else this.say("media", slow ? "warning" : "good", slow ? "udpSlow" : "udp", values);
    return true;
  }

  /** Tries each way alone. */
  private async checkWays(code: string, servers: Welcome["ice_servers"]): Promise<void> {
    const turn = turnWays(servers);
    this.update({ turn: turn.map(({ place }) => ({ ...WAITING, ...place })) });
    const ways: [Way, (row: Row) => void][] = [
      [{ by: "udp" }, (row) => this.setRow("udp", row)],
      [{ by: "tcp" }, (row) => this.setRow("tcp", row)],
      ...turn.map(({ way }, index): [Way, (row: Row) => void] => [way, (row) => this.setTurn(index, row)]),
    ];
    const worker = async (): Promise<void> => {
      for (let next = ways.shift(); next !== undefined; next = ways.shift()) await this.checkWay(code, ...next);
    };
    await Promise.all(Array.from({ length: WAYS_AT_ONCE }, worker));
  }

  private async checkWay(code: string, way: Way, tell: (row: Row) => void): Promise<void> {
    tell(RUNNING);
    const end = this.open(way);
    try {
      await end.enter(code);
      const asked = this.parts.now();
      const connected = await end.connect();
      const took = Math.round(this.parts.now() - asked);
      if (connected) tell({ verdict: "good", outcome: "wayOpen", values: (await this.measured(end, took)).values });
      else tell(blockedRow(way, end));
    } catch {
      tell({ verdict: "skipped", outcome: "failed", values: {} });
    } finally {
      end.close();
    }
  }

  private async measured(end: Ends, took: number) {
    await this.parts.sleep(SAMPLE_MS);
    const { sample } = readReport(await end.report(), new Map());
    return { sample, values: { relay: sample.relay ?? "–", took, ms: Math.round(sample.roundTripMs ?? 0) } };
  }

  /** Sends a picture from one end to the other, by way of the relay. */
  private async checkVideo(code: string, sender: Ends): Promise<void> {
    this.begin("video");
    const picture = this.parts.picture();
    if (picture === null) {
      this.say("video", "skipped", "noMedia");
      return;
    }
    try {
      const receiver = this.open(null);
      await receiver.enter(code);
      receiver.watchFirst();
      if (!(await receiver.connect())) {
        this.say("video", "bad", "videoNone");
        return;
      }
      await sender.send(picture.track);
      const [sent, received] = await this.measure(sender, receiver);
      this.judgeVideo(sent, received);
    } finally {
      picture.stop();
    }
  }

  private async measure(sender: Ends, receiver: Ends): Promise<[Sample[], Sample[]]> {
    const samples: [Sample[], Sample[]] = [[], []];
    const counters: [Counters, Counters] = [new Map(), new Map()];
    for (let round = 0; round < SAMPLES && !this.stopped; round++) {
      await this.parts.sleep(SAMPLE_MS);
      for (const [index, end] of [sender, receiver].entries()) {
        const side = index as 0 | 1;
        const read = readReport(await end.report(), counters[side]);
        counters[side] = read.counters;
        samples[side].push(read.sample);
      }
    }
    return [samples[0].slice(-STEADY), samples[1].slice(-STEADY)];
  }

  private judgeVideo(sent: readonly Sample[], received: readonly Sample[]): void {
    const up = mean(sent.map((sample) => sample.sent.bitrate));
    const down = mean(received.map((sample) => sample.received.bitrate));
    const loss = mean(received.map((sample) => sample.received.loss ?? 0));
    const height = Math.max(0, ...received.flatMap((sample) => sample.receiving.map((video) => video.height)));
    const values = { up: up / 1e6, down: down / 1e6, loss: Math.round(loss * 1000) / 10, height };
    const computer = sent.some((sample) => sample.sending.some((video) => video.limitedBy === "cpu"));
    if (height === 0 || down === 0) this.say("video", "bad", "videoNone");
    else if (loss > MUCH_LOSS) this.say("video", "warning", "videoLossy", values);
    else if (Math.min(up, down) >= LITTLE) this.say("video", "good", "video", values);
    else this.say("video", "warning", computer ? "videoComputer" : "videoSlow", values);
  }

  private async checkDevices(): Promise<void> {
    if (!this.parts.devicesAvailable()) {
      for (const check of ["microphone", "camera", "speakers"] as const) this.say(check, "bad", "insecure");
      return;
    }
    for (const kind of ["microphone", "camera"] as const) if (!this.stopped) await this.checkDevice(kind);
    try {
      const { speakers } = await this.parts.listDevices();
      const names = speakers.map(({ label }) => label).filter((label) => label !== "");
      if (names.length > 0) this.say("speakers", "good", "speakers", { names: names.join(", ") });
      else this.say("speakers", "good", "speakersUnknown");
    } catch {
      this.say("speakers", "skipped", "speakersUnknown");
    }
  }

  private async checkDevice(kind: DeviceKind): Promise<void> {
    this.begin(kind);
    try {
      const track = await this.parts.openDevice(kind, { device: null, echoCancellation: true, noiseSuppression: true });
      const { width = 0, height = 0 } = track.getSettings();
      const size = kind === "camera" && width > 0 ? ` (${width}×${height})` : "";
      this.say(kind, "good", "device", { name: `${track.label}${size}` });
      track.stop();
    } catch (error) {
      const problem = deviceProblem(error);
      const outcome = problem === "denied_by_system" ? "denied" : problem;
      this.say(kind, "bad", outcome === "insecure" ? "failed" : outcome);
    }
  }

  private open(way: Way | null): Ends {
    const end = this.parts.createPeer(this.name, way);
    this.ends.push(end);
    if (this.stopped) end.close();
    return end;
  }

  private closeEnds(): void {
    for (const end of this.ends) end.close();
    this.ends = [];
  }

  private begin(check: Check): void {
    this.setRow(check, RUNNING);
  }

  private say(check: Check, verdict: Verdict, outcome: Outcome, values: Row["values"] = {}): void {
    this.setRow(check, { verdict, outcome, values });
  }

  private setRow(check: Check, row: Row): void {
    this.update({ rows: { ...this.getSnapshot().rows, [check]: row } });
  }

  private setTurn(index: number, row: Row): void {
    this.update({ turn: this.getSnapshot().turn.map((one, at) => (at === index ? { ...one, ...row } : one)) });
  }
}

/** What to ask of the network, or of the server's administrator. */
function blockedRow(way: Way, { peer, turnRefusal }: Ends): Row {
  if (way.by === "turn") {
    if (turnRefusal === null) return { verdict: "blocked", outcome: "turnBlocked", values: {} };
    return { verdict: "bad", outcome: "turnRefused", values: { reason: turnRefusal } };
  }
  const relay = peer.relayAddresses(way.by).join(", ");
  if (relay === "") return { verdict: "skipped", outcome: "tcpNotOffered", values: {} };
  return { verdict: "blocked", outcome: way.by === "udp" ? "udpBlocked" : "tcpBlocked", values: { relay } };
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ApiError)) return "failed";
  switch (error.code) {
    case "sign_in_required":
    case "not_signed_in":
      return "needsAccount";
    case "websocket_blocked":
      return "websocketBlocked";
    case "foreign_origin":
      return "foreignOrigin";
    case "unreachable":
      return "unreachable";
    default:
      return "failed";
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((total, number) => total + number, 0) / numbers.length;
}
