import { type RefObject, useEffect } from "react";
import { takesText } from "../client/typing";
import { useCallParts, useCallView } from "./useCallContext";

/**
 * Puts the cursor into the message field as the chat opens, whenever somebody is chosen to be written to, and when somebody
 * begins to type elsewhere in the chat.
 */
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
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { key, target } = event;
      const writes = key.length === 1 && key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
      const inside = target instanceof Node && field.current?.closest("aside")?.contains(target) === true;
      // The browser writes the letter to where the cursor is by then.
      if (writes && inside && !takesText(target)) field.current?.focus();
    };
    window.addEventListener("keydown", onKeyDown, true);
    return () => window.removeEventListener("keydown", onKeyDown, true);
  }, [field]);
}
