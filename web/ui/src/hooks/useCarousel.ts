import { type FocusEvent, useEffect, useRef, useState } from "react";
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
  holders: {
    onPointerEnter: () => void;
    onPointerLeave: () => void;
    onFocus: (event: FocusEvent) => void;
    onBlur: () => void;
  };
}

/** When a row of pictures goes on by itself, and when it does not. */
export function useCarousel(): Carousel {
  const calm = useReducedMotion();
  const [stopped, setStopped] = useState(false);
  const swiper = useRef<Swiper | null>(null);
  const held = useRef({ byPointer: false, byKeyboard: false });
  const settle = (): void => {
    const { byPointer, byKeyboard } = held.current;
    if (calm || stopped || byPointer || byKeyboard) swiper.current?.autoplay.stop();
    else swiper.current?.autoplay.start();
  };
  const hold = (how: Partial<typeof held.current>): void => {
    Object.assign(held.current, how);
    settle();
  };
  useEffect(settle);
  return {
    attach: (instance) => {
      swiper.current = instance;
      // One that is made anew, for another language say, goes on by itself at first.
      settle();
    },
    calm,
    stopped,
    toggle: () => setStopped(!stopped),
    previous: () => swiper.current?.slidePrev(),
    next: () => swiper.current?.slideNext(),
    holders: {
      onPointerEnter: () => hold({ byPointer: true }),
      onPointerLeave: () => hold({ byPointer: false }),
      // A button that was tapped has the focus too, without anybody being in it.
      onFocus: ({ target }) => hold({ byKeyboard: target.matches(":focus-visible") }),
      onBlur: () => hold({ byKeyboard: false }),
    },
  };
}
