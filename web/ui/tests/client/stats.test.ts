import { afterEach, describe, expect, test, vi } from "vitest";
import { goesOverTcp, readReport } from "../../src/client/stats";
import { MOST_SAMPLES, StatsMonitor } from "../../src/client/statsMonitor";

const inbound = (timestamp: number, bytesReceived: number, packetsReceived: number, packetsLost: number): object => ({
  id: "in",
  type: "inbound-rtp",
  kind: "video",
  mid: "7",
  codecId: "vp8",
  frameWidth: 640,
  frameHeight: 360,
  framesPerSecond: 30,
  timestamp,
  bytesReceived,
  packetsReceived,
  packetsLost,
});
const outbound = (timestamp: number, bytesSent: number): object => ({
  id: "out",
  type: "outbound-rtp",
  kind: "audio",
  mid: "0",
  timestamp,
  bytesSent,
  packetsSent: 1,
});
const rest = [
  { id: "vp8", type: "codec", mimeType: "video/VP8", timestamp: 0 },
  { id: "remote", type: "remote-inbound-rtp", fractionLost: 0.25, roundTripTime: 0.2, timestamp: 0 },
  { id: "local", type: "local-candidate", protocol: "udp", timestamp: 0 },
  { id: "relay", type: "remote-candidate", address: "192.0.2.1", port: 8080, timestamp: 0 },
  {
    id: "pair",
    type: "candidate-pair",
    nominated: true,
    state: "succeeded",
    currentRoundTripTime: 0.05,
    availableOutgoingBitrate: 900_000,
    localCandidateId: "local",
    remoteCandidateId: "relay",
    timestamp: 0,
  },
];

describe("a report", () => {
  const first = readReport([inbound(1000, 1000, 10, 0), outbound(1000, 0), ...rest], new Map());

  test("gives no rates by itself", () => {
    expect(first.sample).toMatchObject({ sent: { bitrate: 0 }, received: { bitrate: 0, loss: null } });
  });

  test("gives rates and losses since the one before", () => {
    const { sample } = readReport([inbound(2000, 126_000, 100, 10), outbound(2000, 4000), ...rest], first.counters);
    expect(sample).toMatchObject({
      at: 2000,
      received: { bitrate: 1_000_000, loss: 0.1 },
      sent: { bitrate: 32_000, loss: 0.25 },
      roundTripMs: 50,
      available: 900_000,
      protocol: "udp",
      relay: "192.0.2.1:8080",
      receiving: [{ mid: "7", width: 640, height: 360, framesPerSecond: 30, codec: "VP8", bitrate: 1_000_000 }],
      sending: [],
    });
  });

  test("of a new connection is not compared with the old one's", () => {
    const { sample } = readReport([inbound(2000, 10, 1, 0)], first.counters);
    expect(sample.received).toEqual({ bitrate: 0, loss: null });
  });

  test("that says nothing is no trouble", () => {
    expect(readReport([], new Map()).sample).toMatchObject({ roundTripMs: null, relay: null, receiving: [] });
  });
});

describe("what carries media", () => {
  const local = (id: string, protocol: string, relayProtocol?: string): object[] => [
    { id, type: "local-candidate", protocol, relayProtocol },
    { id: `pair-${id}`, type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: id },
  ];
  const selected = (id: string): object => ({ id: "t", type: "transport", selectedCandidatePairId: `pair-${id}` });

  test("is the protocol of the candidate in use", () => {
    expect(goesOverTcp(local("a", "udp"))).toBe(false);
    expect(goesOverTcp(local("a", "tcp"))).toBe(true);
    expect(goesOverTcp([])).toBe(false);
  });

  test("is that of the selected pair, not of one that was nominated before a restart", () => {
    expect(goesOverTcp([...local("a", "tcp"), ...local("b", "udp"), selected("b")])).toBe(false);
    expect(goesOverTcp([...local("a", "udp"), ...local("b", "tcp"), selected("b")])).toBe(true);
    const firefox = { id: "c", type: "candidate-pair", selected: true, localCandidateId: "b" };
    expect(goesOverTcp([...local("a", "udp"), ...local("b", "tcp"), firefox])).toBe(true);
  });

  test("is the way to a TURN server", () => {
    expect(goesOverTcp(local("a", "udp", "tls"))).toBe(true);
    expect(goesOverTcp(local("a", "udp", "udp"))).toBe(false);
  });
});

describe("the monitor", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("samples every two seconds, every second while somebody looks, and never out of view", async () => {
    vi.useFakeTimers();
    let now = 0;
    const hidden = vi.fn(() => false);
    const report = vi.fn(() => Promise.resolve([outbound((now += 1000), now)]));
    const monitor = new StatsMonitor(report, hidden);
    monitor.start();
    monitor.start();
    await vi.advanceTimersByTimeAsync(6000);
    expect(report).toHaveBeenCalledTimes(3);
    expect(monitor.getSnapshot()).toHaveLength(2);
    const stop = monitor.look();
    await vi.advanceTimersByTimeAsync(3000);
    expect(report).toHaveBeenCalledTimes(7);
    stop();
    hidden.mockReturnValue(true);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(report).toHaveBeenCalledTimes(7);
    hidden.mockReturnValue(false);
    await vi.advanceTimersByTimeAsync(2 * 2000 * MOST_SAMPLES);
    expect(monitor.getSnapshot()).toHaveLength(MOST_SAMPLES);
    monitor.stop();
    const calls = report.mock.calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(report).toHaveBeenCalledTimes(calls);
  });

  test("survives a closed connection", async () => {
    vi.useFakeTimers();
    const report = vi.fn(() => Promise.reject(new Error("closed")));
    const monitor = new StatsMonitor(report, () => false);
    monitor.start();
    await vi.advanceTimersByTimeAsync(4000);
    expect(report).toHaveBeenCalledTimes(2);
    monitor.stop();
  });
});
