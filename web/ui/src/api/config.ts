import { call } from "../client/http";
import type { Config } from "../client/httpTypes";

let asked: Promise<Config> | null = null;

/** How this server is set up; asked for once. */
export function config(): Promise<Config> {
  asked ??= call("GET /api/config").catch((error: unknown) => {
    // Asked for anew next time.
    asked = null;
    throw error;
  });
  return asked;
}
