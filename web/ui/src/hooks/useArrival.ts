import { type RefObject, useEffect } from "react";

let arrivedBefore = false;

/**
 * Another page was opened, or it says something else now: it begins at its top, for the eye and for the keyboard.
 * Whoever opens the first one is there already.
 */
export function useArrival(main: RefObject<HTMLElement | null>, title: string | undefined): void {
  useEffect(() => {
    if (arrivedBefore) {
      window.scrollTo(0, 0);
      focusUnlessAsked(main.current);
    }
    arrivedBefore = true;
  }, [main, title]);
}

/** The same for a page on which there is one thing to do first: the keyboard goes there. */
export function useFirstStep(step: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    arrivedBefore = true;
    focusUnlessAsked(step.current);
  }, [step]);
}

function focusUnlessAsked(element: HTMLElement | null): void {
  // A dialog in front of the page keeps the keyboard.
  if (document.querySelector('[role="dialog"]') === null) element?.focus({ preventScroll: true });
}
