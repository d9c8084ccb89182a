import type { TFunction } from "i18next";
import type { OutgoingMessage } from "../../client/chatOutbox";
import { RequestError } from "../../client/signaling";

/** Why something that was asked of the server in a call did not happen, as a sentence. */
export function failureText(error: unknown, t: TFunction<"call">): string {
  return failureOf(error instanceof RequestError ? error.code : null, t);
}

/** The same, by the code of what happened. */
export function failureOf(code: OutgoingMessage["problem"], t: TFunction<"call">): string {
  switch (code) {
    case "closed":
      return t("failure.closed");
    case "lost":
    case "timeout":
      return t("failure.lost");
    case "not_allowed":
      return t("failure.not_allowed");
    case "not_found":
      return t("failure.not_found");
    case "too_many":
      return t("failure.too_many");
    default:
      return t("failure.other");
  }
}
