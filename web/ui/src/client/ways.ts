import type { IceServer } from "./protocol";

/** A way to the relay: straight to it, or through one TURN server, by one of its addresses. */
export type Way = { by: "udp" } | { by: "tcp" } | { by: "turn"; server: IceServer };

/** A TURN server as people know it: host and port, and what is spoken with it. */
export interface TurnPlace {
  server: string;
  by: "UDP" | "TCP" | "TLS" | "DTLS";
}

/** A way that was tried in vain, as people are told of it. */
export interface TriedWay {
  turn: boolean;
  by: TurnPlace["by"];
  place: string;
}

const TURN = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/iu;

/** Reads the address of a TURN server (RFC 7065). Null: of a STUN server, which passes nothing on. */
export function turnPlace(url: string): TurnPlace | null {
  const [, scheme, host = "", port, transport] = TURN.exec(url) ?? [];
  if (scheme === undefined) return null;
  const secure = scheme.toLowerCase() === "turns";
  const overTcp = transport === undefined ? secure : transport.toLowerCase() === "tcp";
  const by = secure ? (overTcp ? "TLS" : "DTLS") : overTcp ? "TCP" : "UDP";
  return { server: `${host}:${port ?? (secure ? "5349" : "3478")}`, by };
}

/** Each address of each TURN server, as a way of its own. */
export function turnWays(servers: readonly IceServer[]): { place: TurnPlace; way: Way }[] {
  return servers.flatMap((server) =>
    server.urls.flatMap((url) => {
      const place = turnPlace(url);
      return place === null ? [] : [{ place, way: { by: "turn", server: { ...server, urls: [url] } } as const }];
    }),
  );
}

/** The relay's answer, without its addresses for other ways. A TURN server speaks UDP with the relay. */
export function answerBy(sdp: string, way: Way): string {
  const wanted = way.by === "tcp" ? "tcp" : "udp";
  const lines = sdp.split(/(?<=\n)/u);
  return lines.filter((line) => (/^a=candidate:\S+ \d+ (\S+) /u.exec(line)?.[1] ?? wanted) === wanted).join("");
}
