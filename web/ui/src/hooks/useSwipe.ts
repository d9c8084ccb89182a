import { type PointerEvent, useRef } from "react";

const LEAST = 48;

interface SwipeHandlers {
  onPointerDown: (event: PointerEvent) => void;
  onPointerUp: (event: PointerEvent) => void;
  onPointerCancel: () => void;
}

/** Calls `swiped` with 1 for the next page and -1 for the one before, when a finger goes sideways. */
export function useSwipe(swiped: (step: 1 | -1) => void): SwipeHandlers {
  const start = useRef<{ id: number; x: number; y: number } | null>(null);
  return {
    onPointerDown: (event) => {
      const finger = event.pointerType === "touch" && event.isPrimary;
      start.current = finger ? { id: event.pointerId, x: event.clientX, y: event.clientY } : null;
    },
    onPointerUp: (event) => {
      const from = start.current;
      start.current = null;
      if (from?.id !== event.pointerId) return;
      const x = event.clientX - from.x;
      if (Math.abs(x) < LEAST || Math.abs(x) < 1.5 * Math.abs(event.clientY - from.y)) return;
      swiped(x < 0 ? 1 : -1);
    },
    onPointerCancel: () => {
      start.current = null;
    },
  };
}
