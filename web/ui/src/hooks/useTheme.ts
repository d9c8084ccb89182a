import { useCallback } from "react";
import { session } from "../api/session";
import { theme, type ThemeChoice, type ThemeState } from "../theme/theme";
import { useSnapshot } from "./useSnapshot";

/** The theme, and a way to choose another: it is remembered here, and with the account. */
export function useTheme(): ThemeState & { choose: (choice: ThemeChoice) => void } {
  const state = useSnapshot(theme());
  const choose = useCallback((choice: ThemeChoice) => {
    theme().choose(choice);
    if (session.getSnapshot().status !== "user") return;
    session.change({ theme: choice }).catch(() => {
      // It is shown, and this browser remembers it; the account hears of it the next time.
    });
  }, []);
  return { ...state, choose };
}
