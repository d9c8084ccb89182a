import { useRef, useState } from "react";
import type { Swiper } from "swiper";
import { useReducedMotion } from "./useReducedMotion";

interface Carousel {
  /** Takes the instance that was made. */
  attach: (swiper: Swiper) => void;
  /** The person wants no motion: it never goes on by itself. */
  calm: boolean;
  /** The person has stopped it. */
  stopped: boolean;
  toggle: () => void;
  previous: () => void;
  next: () => void;
  /** For the element around it: it stands still while somebody points at it or is in it with the keyboard. */
  holders: Record<"onPointerEnter" | "onPointerLeave" | "onFocus" | "onBlur", () => void>;
}

/** When a row of pictures goes on by itself, and when it does not. */
export function useCarousel(): Carousel {
  const calm = useReducedMotion();
  const [stopped, setStopped] = useState(false);
  const swiper = useRef<Swiper | null>(null);
  const hold = (): void => {
    swiper.current?.autoplay.stop();
  };
  const release = (): void => {
    if (!calm && !stopped) swiper.current?.autoplay.start();
  };
  return {
    attach: (instance) => {
      swiper.current = instance;
    },
    calm,
    stopped,
    toggle: () => {
      // Whoever presses the button points at it: it goes on when they leave.
      hold();
      setStopped(!stopped);
    },
    previous: () => swiper.current?.slidePrev(),
    next: () => swiper.current?.slideNext(),
    holders: { onPointerEnter: hold, onPointerLeave: release, onFocus: hold, onBlur: release },
  };
}
