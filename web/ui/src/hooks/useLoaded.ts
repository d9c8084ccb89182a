import { useCallback, useEffect, useState } from "react";
import { errorText } from "../i18n/errors";

interface Loaded<Value> {
  /** null: not there yet. */
  value: Value | null;
  problem: string | null;
  reload: () => void;
}

/** Something asked of the server once, and again when wanted. `ask` must stay the same function. */
export function useLoaded<Value>(ask: () => Promise<Value>): Loaded<Value> {
  const [state, setState] = useState<{ value: Value | null; problem: string | null }>({ value: null, problem: null });
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let here = true;
    ask().then(
      (value) => {
        if (here) setState({ value, problem: null });
      },
      (error: unknown) => {
        if (here) setState((before) => ({ ...before, problem: errorText(error) }));
      },
    );
    return () => {
      here = false;
    };
  }, [ask, asked]);
  return { ...state, reload: useCallback(() => setAsked((count) => count + 1), []) };
}
