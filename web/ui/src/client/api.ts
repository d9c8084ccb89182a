import { request } from "./http";

export interface JoinGrant {
  token: string;
  /** A path or an address. */
  ws_url: string;
}

/** Asks for a token that opens the room. Without a name: under that of one's account. Throws `ApiError`. */
export const joinRoom = (code: string, name: string | null): Promise<JoinGrant> =>
  request("POST", "/api/rooms/join", name === null ? { code } : { code, name });

/** The address of the WebSocket that a join grant names, seen from the page at `base`. */
export function socketAddress(wsUrl: string, base: string): string {
  const address = new URL(wsUrl, base);
  address.protocol = address.protocol.replace(/^http/, "ws");
  return address.href;
}
