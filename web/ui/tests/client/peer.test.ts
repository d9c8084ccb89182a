import { beforeEach, describe, expect, test, vi } from "vitest";
import { codecOrder, wantedCodecs } from "../../src/client/codecs";
import { cameraEncodings, Peer, type PeerState } from "../../src/client/peer";
import { FakeConnection } from "../fakes/FakeConnection";

beforeEach(() => {
  const capabilities = { getCapabilities: () => ({ codecs: [], headerExtensions: [] }) };
  vi.stubGlobal("RTCRtpSender", capabilities);
  vi.stubGlobal("RTCRtpReceiver", capabilities);
});

function setUp(answer: (sdp: string) => Promise<string> = (sdp) => Promise.resolve(`answer to ${sdp}`)) {
  const connection = new FakeConnection();
  const states: PeerState[] = [];
  const offer = vi.fn(answer);
  const described = vi.fn();
  const handlers = { offer, described, state: (state: PeerState) => void states.push(state) };
  const peer = new Peer(handlers, connection as unknown as RTCPeerConnection);
  return { peer, connection, states, offer, described };
}

test("the sections of the offer are in the order that the protocol names", () => {
  const { peer, connection } = setUp();
  peer.growSlots({ audio: 1, video: 2 });
  peer.growSlots({ audio: 1, video: 2 });
  expect(connection.transceivers.map(({ kind, direction }) => `${kind} ${direction}`)).toEqual([
    "audio sendonly",
    "video sendonly",
    "video sendonly",
    "audio sendonly",
    "audio recvonly",
    "video recvonly",
    "video recvonly",
  ]);
  expect(connection.transceivers[1]?.encodings.map(({ rid }) => rid)).toEqual(["q", "h", "f"]);
});

test("slots have mids once the offer is described, before the answer is there", async () => {
  let answer: (sdp: string) => void = () => undefined;
  const { peer, described } = setUp(() => new Promise((resolve) => (answer = resolve)));
  peer.growSlots({ audio: 1, video: 2 });
  expect(peer.slotTracks("video").size).toBe(0);
  const negotiated = peer.negotiate();
  await vi.waitFor(() => expect(described).toHaveBeenCalledOnce());
  expect([...peer.slotTracks("video").keys()]).toEqual(["5", "6"]);
  answer("answer");
  await negotiated;
});

describe("negotiation", () => {
  test("happens once at a time, and calls meanwhile share the next", async () => {
    const answers: ((sdp: string) => void)[] = [];
    const { peer, offer, connection } = setUp(() => new Promise((resolve) => answers.push(resolve)));
    const first = peer.negotiate();
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    const second = peer.negotiate();
    const third = peer.negotiate({ iceRestart: true });
    expect(second).toBe(third);
    expect(offer).toHaveBeenCalledOnce();
    answers[0]?.("answer 1");
    await first;
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.("answer 2");
    await third;
    expect(offer).toHaveBeenCalledTimes(2);
    expect(connection.offers).toEqual([{ iceRestart: false }, { iceRestart: true }]);
    expect(connection.remote).toEqual(["answer 1", "answer 2"]);
  });

  test("that fails is rolled back, and the next one still restarts ICE", async () => {
    const { peer, connection, offer } = setUp();
    offer.mockRejectedValueOnce(new Error("lost"));
    await expect(peer.negotiate({ iceRestart: true })).rejects.toThrow("lost");
    expect(connection.signalingState).toBe("stable");
    await peer.negotiate();
    expect(connection.offers).toEqual([{ iceRestart: true }, { iceRestart: true }]);
  });

  test("does nothing once closed", async () => {
    const { peer, offer } = setUp();
    peer.close();
    await peer.negotiate();
    expect(offer).not.toHaveBeenCalled();
  });
});

describe("the state", () => {
  test("takes DTLS into account, not ICE alone", () => {
    const { peer, connection, states } = setUp();
    connection.state("connecting", "connected");
    expect([peer.connected, states]).toEqual([false, []]);
    connection.state("connected");
    expect([peer.connected, states]).toEqual([true, ["connected"]]);
    connection.state("disconnected");
    expect([peer.connected, states.at(-1)]).toEqual([false, "doubtful"]);
  });

  test("tells a path that is gone, which ICE can mend, from DTLS that is over, which it can't", () => {
    const { connection, states } = setUp();
    connection.state("failed");
    connection.state("failed", "completed");
    connection.state("closed", "connected");
    expect(states).toEqual(["broken", "ended", "ended"]);
  });

  test("of a connection that was closed here is of no interest", () => {
    const { peer, connection, states } = setUp();
    peer.close();
    connection.state("closed");
    expect(states).toEqual([]);
  });
});

test("the answer names the relay", async () => {
  const lines = [
    "v=0",
    "a=ice-ufrag:relay",
    "a=candidate:1 1 udp 2130706431 203.0.113.1 8080 typ host",
    "a=candidate:2 1 udp 2130706175 2001:db8::1 8080 typ host",
    "a=candidate:1 1 udp 2130706431 203.0.113.1 8080 typ host",
    "a=candidate:3 1 tcp 1015021823 203.0.113.1 443 typ host tcptype passive",
    "",
  ];
  const { peer } = setUp(() => Promise.resolve(lines.join("\r\n")));
  expect([peer.relayUfrag, peer.relayAddresses("udp"), peer.ways]).toEqual(["", [], []]);
  await peer.negotiate();
  expect([peer.relayUfrag, peer.relayAddresses("udp")]).toEqual(["relay", ["203.0.113.1:8080", "[2001:db8::1]:8080"]]);
  expect(peer.ways).toEqual([
    { turn: false, by: "UDP", place: "203.0.113.1:8080, [2001:db8::1]:8080" },
    { turn: false, by: "TCP", place: "203.0.113.1:443" },
  ]);
});

describe("codecs", () => {
  const codec = (mimeType: string, sdpFmtpLine?: string): RTCRtpCodec => ({ mimeType, clockRate: 1, sdpFmtpLine });
  const names = (codecs: RTCRtpCodec[]): string[] => codecs.map(({ mimeType }) => mimeType);

  test("for audio are RED, which is sent, then Opus", () => {
    const codecs = [codec("audio/red"), codec("audio/G722"), codec("audio/opus"), codec("audio/CN")];
    expect(names(wantedCodecs(codecs, "audio"))).toEqual(["audio/red", "audio/opus"]);
  });

  test("for video are VP8, H.264 in the common profile, and retransmission", () => {
    const codecs = [
      codec("video/AV1"),
      codec("video/H264", "packetization-mode=0;profile-level-id=42e01f"),
      codec("video/H264", "packetization-mode=1;profile-level-id=640032"),
      codec("video/H264", "packetization-mode=1;profile-level-id=42e01f"),
      codec("video/rtx"),
      codec("video/VP8"),
      codec("video/ulpfec"),
    ];
    const wanted = wantedCodecs(codecs, "video");
    expect(names(wanted)).toEqual(["video/VP8", "video/H264", "video/rtx"]);
    expect(wanted[1]?.sdpFmtpLine).toContain("42e01f");
  });

  test("for video are in the server's order, in the variants that everyone has", () => {
    const codecs = [
      codec("video/VP8"),
      codec("video/VP9", "profile-id=0"),
      codec("video/VP9", "profile-id=2"),
      codec("video/AV1", "level-idx=5;profile=0;tier=0"),
      codec("video/AV1", "level-idx=5;profile=1;tier=0"),
      codec("video/rtx"),
    ];
    const wanted = wantedCodecs(codecs, "video", ["AV1", "VP9", "H264", "VP8"]);
    expect(names(wanted)).toEqual(["video/AV1", "video/VP9", "video/VP8", "video/rtx"]);
    expect(wanted.map(({ sdpFmtpLine }) => sdpFmtpLine).join()).not.toMatch(/profile(-id)?=[12]/);
  });

  test("that everyone can decode are sent before others", () => {
    const codecs = { offer: ["AV1", "VP8", "H264"], send: ["VP8", "XYZ", "H264"] };
    expect(codecOrder(codecs, "send")).toEqual(["VP8", "H264", "AV1"]);
    expect(codecOrder(codecs, "receive")).toEqual(["AV1", "VP8", "H264"]);
  });

  test("change for what is sent when the room can take others, and only then", () => {
    const capabilities = { getCapabilities: () => ({ codecs: [codec("video/VP8"), codec("video/AV1")] }) };
    vi.stubGlobal("RTCRtpSender", capabilities);
    const { peer, connection } = setUp();
    const preferred: string[] = [];
    for (const [index, each] of connection.transceivers.entries()) {
      each.setCodecPreferences = (codecs) => void preferred.push(`${index}: ${names(codecs).join()}`);
    }
    const offer = ["AV1", "VP8"];
    expect(peer.useCodecs({ offer, send: ["AV1", "VP8"] })).toBe(true);
    expect(peer.useCodecs({ offer, send: ["AV1"] })).toBe(false);
    expect(peer.useCodecs({ offer, send: ["VP8"] })).toBe(true);
    const orders = ["video/AV1,video/VP8", "video/VP8,video/AV1"];
    expect(preferred).toEqual(orders.flatMap((order) => [`1: ${order}`, `2: ${order}`]));
  });
});

test("Firefox's largest picture is a little smaller than the one for which it demands 1.2 Mbit/s", () => {
  const macroblocks = (scale: number) => Math.ceil(1280 / scale / 16) * Math.ceil(720 / scale / 16);
  const scales = (agent: string) => cameraEncodings(agent).map(({ scaleResolutionDownBy }) => scaleResolutionDownBy);
  const firefox = scales("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0");
  expect(macroblocks(firefox[2] ?? 1)).toBeLessThan(macroblocks(1));
  expect(firefox.slice(0, 2)).toEqual([4, 2]);
  const chromium =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
  expect(scales(chromium)).toEqual([4, 2, 1]);
});
