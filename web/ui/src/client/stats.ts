/** What `getStats` says, as far as it is used; every field may be missing, depending on the browser. */
interface Entry {
  id: string;
  type: string;
  timestamp: number;
  kind?: string;
  mid?: string;
  rid?: string;
  codecId?: string;
  bytesReceived?: number;
  bytesSent?: number;
  packetsReceived?: number;
  packetsLost?: number;
  packetsSent?: number;
  fractionLost?: number;
  jitter?: number;
  roundTripTime?: number;
  currentRoundTripTime?: number;
  availableOutgoingBitrate?: number;
  nominated?: boolean;
  selected?: boolean;
  selectedCandidatePairId?: string;
  state?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
  protocol?: string;
  relayProtocol?: string;
  candidateType?: string;
  address?: string;
  port?: number;
  mimeType?: string;
  frameWidth?: number;
  frameHeight?: number;
  framesPerSecond?: number;
  freezeCount?: number;
  qualityLimitationReason?: string;
  active?: boolean;
}

export interface DirectionStats {
  /** Bits per second of media. */
  bitrate: number;
  /** Share of packets lost; null where it is not known yet. */
  loss: number | null;
}

export interface VideoStats {
  /** Mid of the slot or of the send section. */
  mid: string;
  /** Encoding, for what is sent; empty without simulcast. */
  rid: string;
  width: number;
  height: number;
  framesPerSecond: number;
  bitrate: number;
  codec: string | null;
  /** Why the browser sends less than it could. */
  limitedBy: string | null;
}

/** The connection at one moment; rates are those since the moment before. */
export interface Sample {
  /** Milliseconds, of the clock of the statistics. */
  at: number;
  sent: DirectionStats;
  received: DirectionStats;
  roundTripMs: number | null;
  /** What the browser believes that it could send, bits per second. */
  available: number | null;
  protocol: string | null;
  /** What is spoken with the TURN server in between; null: there is none. */
  turn: string | null;
  relay: string | null;
  sending: readonly VideoStats[];
  receiving: readonly VideoStats[];
}

/** Counters of the moment before, by statistics id. */
export type Counters = ReadonlyMap<string, Readonly<Record<"bytes" | "packets" | "lost" | "at", number>>>;

/** The pair of candidates over which media goes. After a restart of ICE, earlier ones may count as nominated too. */
function pairInUse(entries: readonly Entry[]): Entry | undefined {
  const id = entries.find(
    ({ selectedCandidatePairId }) => selectedCandidatePairId !== undefined,
  )?.selectedCandidatePairId;
  const pairs = entries.filter(({ type }) => type === "candidate-pair");
  return (
    pairs.find((pair) => pair.id === id || pair.selected === true) ??
    pairs.find(({ nominated, state }) => nominated === true && state !== "failed")
  );
}

/** Whether media goes over TCP, to the server or to a TURN server. */
export function goesOverTcp(report: Iterable<object>): boolean {
  const entries = [...report] as Entry[];
  const id = pairInUse(entries)?.localCandidateId;
  const local = entries.find((entry) => entry.id === id);
  return local?.protocol === "tcp" || (local?.relayProtocol ?? "udp") !== "udp";
}

/** Whether media goes through a TURN server. */
export function goesThroughTurn(report: Iterable<object>): boolean {
  const entries = [...report] as Entry[];
  const id = pairInUse(entries)?.localCandidateId;
  return entries.find((entry) => entry.id === id)?.candidateType === "relay";
}

/** Reads a report of `getStats`, given the counters of the report before; both are new the first time. */
export function readReport(report: Iterable<object>, before: Counters): { sample: Sample; counters: Counters } {
  const entries = [...report] as Entry[];
  const counters = countersOf(entries);
  const inbound = entries.filter(({ type }) => type === "inbound-rtp");
  const outbound = entries.filter(({ type }) => type === "outbound-rtp");
  const remote = entries.filter(({ type }) => type === "remote-inbound-rtp");
  const pair = pairInUse(entries);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const local = byId.get(pair?.localCandidateId ?? "");
  const relay = byId.get(pair?.remoteCandidateId ?? "");
  const roundTrip = pair?.currentRoundTripTime ?? remote.find((entry) => entry.roundTripTime)?.roundTripTime;
  const video = (entry: Entry): VideoStats => ({
    mid: entry.mid ?? "",
    rid: entry.rid ?? "",
    width: entry.frameWidth ?? 0,
    height: entry.frameHeight ?? 0,
    framesPerSecond: entry.framesPerSecond ?? 0,
    bitrate: rate(entry, counters, before),
    codec: byId.get(entry.codecId ?? "")?.mimeType?.split("/")[1] ?? null,
    limitedBy: limitation(entry),
  });
  const isVideo = ({ kind, frameHeight }: Entry): boolean => kind === "video" && (frameHeight ?? 0) > 0;
  const sample: Sample = {
    at: entries[0]?.timestamp ?? 0,
    sent: { bitrate: sum(outbound.map((entry) => rate(entry, counters, before))), loss: worstLoss(remote) },
    received: {
      bitrate: sum(inbound.map((entry) => rate(entry, counters, before))),
      loss: lossBetween(inbound, counters, before),
    },
    roundTripMs: roundTrip === undefined ? null : roundTrip * 1000,
    available: pair?.availableOutgoingBitrate ?? null,
    protocol: local?.protocol ?? null,
    turn: local?.candidateType === "relay" ? (local.relayProtocol ?? "udp") : null,
    relay: relay?.address === undefined ? null : `${relay.address}:${relay.port ?? ""}`,
    sending: outbound.filter((entry) => isVideo(entry) && entry.active !== false).map(video),
    receiving: inbound.filter(isVideo).map(video),
  };
  return { sample, counters };
}

function countersOf(entries: readonly Entry[]): Counters {
  const counted = entries.filter(({ type }) => type === "inbound-rtp" || type === "outbound-rtp");
  return new Map(
    counted.map((entry) => [
      entry.id,
      {
        bytes: entry.bytesReceived ?? entry.bytesSent ?? 0,
        packets: entry.packetsReceived ?? entry.packetsSent ?? 0,
        lost: entry.packetsLost ?? 0,
        at: entry.timestamp,
      },
    ]),
  );
}

/** Bits per second since the report before. A counter that went back belongs to another connection. */
function rate({ id }: Entry, now: Counters, before: Counters): number {
  const [latest, earlier] = [now.get(id), before.get(id)];
  if (latest === undefined || earlier === undefined || latest.at <= earlier.at) return 0;
  return Math.max(0, ((latest.bytes - earlier.bytes) * 8000) / (latest.at - earlier.at));
}

function lossBetween(inbound: readonly Entry[], now: Counters, before: Counters): number | null {
  let received = 0;
  let lost = 0;
  for (const { id } of inbound) {
    const [latest, earlier] = [now.get(id), before.get(id)];
    if (latest === undefined || earlier === undefined) continue;
    received += Math.max(0, latest.packets - earlier.packets);
    // What arrives late is taken off again.
    lost += Math.max(0, latest.lost - earlier.lost);
  }
  return received + lost === 0 ? null : lost / (received + lost);
}

function worstLoss(remote: readonly Entry[]): number | null {
  const losses = remote.map(({ fractionLost }) => fractionLost).filter((loss) => loss !== undefined);
  return losses.length === 0 ? null : Math.max(...losses);
}

function limitation({ qualityLimitationReason: reason }: Entry): string | null {
  return reason === undefined || reason === "none" ? null : reason;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
