import { type RefObject, useLayoutEffect, useRef } from "react";

interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

const GLIDE_MS = 220;

/**
 * Lets an element glide from where it was to where it is now. Only its transform is animated, which costs the page
 * nothing: with sizes that change in every frame, fifty tiles would be laid out anew in every frame.
 */
export function useGlide(ref: RefObject<HTMLElement | null>, rect: Rect): void {
  const before = useRef(rect);
  const { left, top, width, height } = rect;
  useLayoutEffect(() => {
    const from = before.current;
    before.current = { left, top, width, height };
    if (from.width <= 0 || from.height <= 0 || width <= 0 || height <= 0) return;
    const moved = from.left !== left || from.top !== top || from.width !== width || from.height !== height;
    if (!moved || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const scale = `scale(${from.width / width}, ${from.height / height})`;
    ref.current?.animate(
      [
        { transform: `translate(${from.left}px, ${from.top}px) ${scale}` },
        { transform: `translate(${left}px, ${top}px) scale(1, 1)` },
      ],
      { duration: GLIDE_MS, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" },
    );
  }, [ref, left, top, width, height]);
}
