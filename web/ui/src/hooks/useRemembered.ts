import { useCallback, useState } from "react";

/** A text that this browser remembers, as far as it may. */
export function useRemembered(key: string, initial = ""): [string, (value: string) => void] {
  const [value, setValue] = useState(() => read(key) ?? initial);
  const remember = useCallback(
    (next: string) => {
      setValue(next);
      try {
        localStorage.setItem(key, next);
      } catch {
        // Storage is switched off: it is only forgotten.
      }
    },
    [key],
  );
  return [value, remember];
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
