import { ApiError, request } from "./http";
import type { Connection } from "./httpTypes";
import { RequestError } from "./signaling";

/**
 * Why a WebSocket didn't open although the API answers: browsers don't tell, so the server is asked. Its error codes are
 * then "foreign_origin" (the server doesn't know this address as its own) and "websocket_blocked" (something in
 * between). Any other error, and this one where the server doesn't answer, is given back as it is.
 */
export async function explained(error: unknown, origin = location.origin): Promise<unknown> {
  if (!(error instanceof RequestError) || error.code !== "unopened") return error;
  try {
    const query = encodeURIComponent(origin);
    const { origin_accepted } = await request<Connection>("GET", `/api/connection?origin=${query}`);
    return origin_accepted
      ? new ApiError("websocket_blocked", "The WebSocket doesn't get through.", 0)
      : new ApiError("foreign_origin", "The server doesn't know this address as its own.", 0);
  } catch {
    return new ApiError("unreachable", "The server cannot be reached.", 0);
  }
}
