import type { TFunction } from "i18next";
import { RequestError } from "../../client/signaling";

/** Why something that was asked of the server in a call did not happen, as a sentence. */
export function failureText(error: unknown, t: TFunction<"call">): string {
  if (!(error instanceof RequestError)) return t("failure.other");
  switch (error.code) {
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
