import { useEffect, useState } from "react";
import { config } from "../api/config";
import type { Config } from "../client/httpTypes";

/** Whether this server sends mail. Unknown, it is taken to. */
export const sendsMail = (config: Config | null): boolean => config?.verification !== false;

/** How this server is set up; null until it has said so. */
export function useConfig(): Config | null {
  const [found, setFound] = useState<Config | null>(null);
  useEffect(() => {
    let here = true;
    config().then(
      (answer) => {
        if (here) setFound(answer);
      },
      () => {
        // Unknown, the page offers everything, and the server will say what it does not do.
      },
    );
    return () => {
      here = false;
    };
  }, []);
  return found;
}
