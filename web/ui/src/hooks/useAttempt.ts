import { useCallback, useRef, useState } from "react";
import { errorText } from "../i18n/errors";
import { notify } from "../notices/notices";

/** Does something that may fail; what went wrong is told as a notice. `busy` meanwhile, when it isn't begun again. */
export function useAttempt(): { busy: boolean; attempt: (what: () => Promise<void>) => void } {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const attempt = useCallback((what: () => Promise<void>): void => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    what()
      .catch((error: unknown) => notify(errorText(error), { kind: "bad" }))
      .finally(() => {
        running.current = false;
        setBusy(false);
      });
  }, []);
  return { busy, attempt };
}
