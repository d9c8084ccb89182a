import { ApiError } from "./http";
import type { Bye } from "./protocol";
import { RequestError } from "./signaling";

/** Why a call is over. After `lost` and `server_stopping` the client comes back by itself: they end nothing. */
export type EndReason =
  | Exclude<Bye["why"], "lost" | "server_stopping">
  | "room_not_found"
  | "room_ended"
  | "room_full"
  | "room_locked"
  | "sign_in_required"
  | "members_only"
  | "link_expired"
  | "bad_link"
  | "failed";

export interface Ended {
  why: EndReason;
  /** The server's words, where it had any. */
  message: string | null;
}

/** Refusals, of the HTTP API and of the protocol, that say by themselves why one is not let in. */
const REFUSALS: Readonly<Record<string, EndReason>> = {
  room_not_found: "room_not_found",
  not_found: "room_not_found",
  room_ended: "room_ended",
  room_full: "room_full",
  room_locked: "room_locked",
  sign_in_required: "sign_in_required",
  members_only: "members_only",
  not_allowed: "members_only",
  link_expired: "link_expired",
  bad_link: "bad_link",
  banned: "banned",
  removed: "removed",
};

/** Whether a goodbye of the server is for good, and then what kind of end it is. */
export function endOfBye(why: Bye["why"]): EndReason | null {
  return why === "lost" || why === "server_stopping" ? null : why;
}

/** Why one cannot get in; null where trying again may help. */
export function endOfRefusal(error: unknown): Ended | null {
  if (!(error instanceof ApiError) && !(error instanceof RequestError)) return null;
  const why = REFUSALS[error.code];
  if (why !== undefined) return { why, message: error.message };
  // Too many requests are a matter of time; every other refusal of the same question will be the same again.
  const final = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
  return final ? { why: "failed", message: error.message } : null;
}
