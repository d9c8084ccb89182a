import { useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  document.addEventListener("fullscreenchange", listener);
  return () => document.removeEventListener("fullscreenchange", listener);
}

/** Fills the screen with the page, or gives it back. */
export function toggleFullScreen(): void {
  if (!document.fullscreenEnabled) return;
  const change =
    document.fullscreenElement === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
  // Refused without a press of a button; then it stays as it is.
  change.catch(() => undefined);
}

/** Whether the page fills the screen, and how to change that; null where the browser cannot. */
export function useFullScreen(): { full: boolean; toggle: () => void } | null {
  const full = useSyncExternalStore(subscribe, () => document.fullscreenElement !== null);
  return document.fullscreenEnabled ? { full, toggle: toggleFullScreen } : null;
}
