import { type RefObject, useEffect } from "react";
import { useCallParts, useCallView } from "./useCallContext";

/** Puts the cursor into the message field as the chat opens, and whenever somebody is chosen to be written to. */
export function useCursor(field: RefObject<HTMLElement | null>): void {
  const { ui } = useCallParts();
  const wanted = useCallView(({ wantsCursor }) => wantsCursor);
  useEffect(() => {
    // On a touch screen the keys would cover half of what there is to read.
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, [field]);
  useEffect(() => {
    if (!wanted) return;
    field.current?.focus();
    ui.update({ wantsCursor: false });
  }, [wanted, field, ui]);
}
