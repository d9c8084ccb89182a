import { useMemo, useSyncExternalStore } from "react";

/** Whether a media query holds, now and whenever it changes. */
export function useMediaQuery(query: string): boolean {
  const source = useMemo(() => {
    const list = window.matchMedia(query);
    return {
      subscribe: (listener: () => void) => {
        list.addEventListener("change", listener);
        return () => list.removeEventListener("change", listener);
      },
      getSnapshot: () => list.matches,
    };
  }, [query]);
  return useSyncExternalStore(source.subscribe, source.getSnapshot);
}
