import { expect, test } from "vitest";
import { answerBy, turnPlace, turnWays, type Way } from "../../src/client/ways";

test.each([
  ["turn:turn.example", "turn.example:3478", "UDP"],
  ["turn:turn.example:80?transport=udp", "turn.example:80", "UDP"],
  ["turn:192.0.2.1?transport=tcp", "192.0.2.1:3478", "TCP"],
  ["turns:turn.example", "turn.example:5349", "TLS"],
  ["TURNS:[2001:db8::1]:443?transport=tcp", "[2001:db8::1]:443", "TLS"],
  ["turns:turn.example?transport=udp", "turn.example:5349", "DTLS"],
])("%s is %s over %s", (url, server, by) => {
  expect(turnPlace(url)).toEqual({ server, by });
});

test.each(["stun:turn.example:3478", "turn:", "https://turn.example", "turn:a?transport=sctp"])(
  "%s is no TURN server",
  (url) => {
    expect(turnPlace(url)).toBeNull();
  },
);

test("each address is a way of its own, with the password for it", () => {
  const servers = [{ urls: ["stun:a"] }, { urls: ["turn:a", "turns:b"], username: "u", credential: "c" }];
  expect(turnWays(servers)).toEqual([
    {
      place: { server: "a:3478", by: "UDP" },
      way: { by: "turn", server: { urls: ["turn:a"], username: "u", credential: "c" } },
    },
    {
      place: { server: "b:5349", by: "TLS" },
      way: { by: "turn", server: { urls: ["turns:b"], username: "u", credential: "c" } },
    },
  ]);
});

test("an answer for one way has the relay's addresses for that one only", () => {
  const [head, udp, tcp, tail] = [
    "v=0\r\na=ice-lite\r\n",
    "a=candidate:1 1 udp 2130706431 203.0.113.1 443 typ host\r\n",
    "a=candidate:2 1 tcp 1015021823 203.0.113.1 443 typ host tcptype passive\r\n",
    "a=end-of-candidates\r\n",
  ];
  const sdp = head + udp + tcp + tail;
  const turn: Way = { by: "turn", server: { urls: ["turn:a"] } };
  expect(answerBy(sdp, { by: "udp" })).toBe(head + udp + tail);
  expect(answerBy(sdp, { by: "tcp" })).toBe(head + tcp + tail);
  expect(answerBy(sdp, turn)).toBe(head + udp + tail);
});
