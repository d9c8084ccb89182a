import { useCallback, useState } from "react";
import { errorText } from "../i18n/errors";
import { notify } from "../notices/notices";

/** Does something that may fail; what went wrong is told as a notice. `busy` meanwhile. */
export function useAttempt(): { busy: boolean; attempt: (what: () => Promise<void>) => void } {
  const [busy, setBusy] = useState(false);
  const attempt = useCallback((what: () => Promise<void>): void => {
    setBusy(true);
    what()
      .catch((error: unknown) => notify(errorText(error), { kind: "bad" }))
      .finally(() => setBusy(false));
  }, []);
  return { busy, attempt };
}
