import { deviceId } from "./device";
import { pathOf } from "../lib/base";
import { call } from "./http";
import type { Joined } from "./httpTypes";

/** What this page knows of what was added to the protocol, and servers send only to those who know it. */
const FEATURES = ["events", "layers.wanted", "publications.muted"];

/** `ws_url` is a path or an address. */
export type JoinGrant = Pick<Joined, "token" | "ws_url">;

/** As whom somebody joins: under a name, under that of their account, or as a personal link says. */
export type Joiner = { name: string } | "account" | { link_token: string };

/** Asks for a token that opens the room. Throws `ApiError`. */
export async function joinRoom(code: string, joiner: Joiner): Promise<JoinGrant> {
  const body = { code, device: await deviceId(), features: FEATURES };
  return call("POST /api/rooms/join", joiner === "account" ? body : { ...body, ...joiner });
}

/** The address of the WebSocket that a join grant names, seen from the page at `base`. */
export function socketAddress(wsUrl: string, base: string): string {
  const address = new URL(pathOf(wsUrl), base);
  address.protocol = address.protocol.replace(/^http/, "ws");
  return address.href;
}
