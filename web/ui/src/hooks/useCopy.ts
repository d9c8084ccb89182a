import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { notify } from "../notices/notices";

const SHOWN_MS = 2000;

/** Copies a text; `copied` for a moment after it has worked. */
export function useCopy(): { copied: boolean; copy: (text: string) => void } {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = useCallback(
    (text: string): void => {
      // Without HTTPS there is no clipboard at all.
      const clipboard = navigator.clipboard as Clipboard | undefined;
      (clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"))).then(
        () => {
          setCopied(true);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setCopied(false), SHOWN_MS);
        },
        () => notify(t("action.copyFailed"), { kind: "warning" }),
      );
    },
    [t],
  );
  return { copied, copy };
}
