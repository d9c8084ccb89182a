import { useEffect, useEffectEvent } from "react";
import { closedByBack } from "../client/backGuard";

/** While it is open, Back closes it, where a call is not to be left by accident. */
export function useClosedByBack(open: boolean, close: () => void): void {
  const onBack = useEffectEvent(close);
  useEffect(() => (open ? closedByBack(() => onBack()) : undefined), [open]);
}
