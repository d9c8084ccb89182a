import { request } from "../client/http";
import type { Config } from "./types";

let asked: Promise<Config> | null = null;

/** How this server is set up; asked for once. */
export function config(): Promise<Config> {
  asked ??= request<Config>("GET", "/api/config").catch((error: unknown) => {
    // Asked for anew next time.
    asked = null;
    throw error;
  });
  return asked;
}
