import i18next from "i18next";
import { ApiError } from "../client/http";

/** What a code of the HTTP API is called in the texts, where it has another name there. */
const SAMES = new Map([
  ["busy", "unavailable"],
  ["internal", "unknown"],
  ["not_allowed", "forbidden"],
  ["not_signed_in", "sign_in_required"],
  ["too_many", "rate_limited"],
  ["too_slow", "unreachable"],
]);

/** A sentence for a person about what went wrong. */
export function errorText(error: unknown): string {
  const code = error instanceof ApiError ? error.code : "unknown";
  const key = `error.${SAMES.get(code) ?? code}`;
  return i18next.t(i18next.exists(key) ? (key as "error.unknown") : "error.unknown");
}
