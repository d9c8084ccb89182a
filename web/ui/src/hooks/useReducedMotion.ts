import { useSyncExternalStore } from "react";

const wish = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the person asked the device for less motion. */
export function useReducedMotion(): boolean {
  return useSyncExternalStore(
    (listener) => {
      wish.addEventListener("change", listener);
      return () => wish.removeEventListener("change", listener);
    },
    () => wish.matches,
  );
}
