import { useCallback, useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  document.addEventListener("fullscreenchange", listener);
  return () => document.removeEventListener("fullscreenchange", listener);
}

/** Whether the page fills the screen, and how to change that; null where the browser cannot. */
export function useFullScreen(): { full: boolean; toggle: () => void } | null {
  const full = useSyncExternalStore(subscribe, () => document.fullscreenElement !== null);
  const toggle = useCallback(() => {
    const change =
      document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
    // Refused without a press of a button; then it stays as it is.
    change.catch(() => undefined);
  }, []);
  return document.fullscreenEnabled ? { full, toggle } : null;
}
