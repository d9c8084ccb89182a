import type { TFunction } from "i18next";
import type { Action, Call } from "../../client/call";
import { notify } from "../../notices/notices";
import { failureText } from "./failure";

/** Asks the server to do what a host may, and tells where it did not. */
export function moderate(call: Call, action: Action, t: TFunction<"call">): void {
  call.moderate(action).catch((error: unknown) => {
    notify(failureText(error, t), { kind: "bad" });
  });
}
