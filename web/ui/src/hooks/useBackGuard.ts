import { useEffect } from "react";
import { BackGuard } from "../client/backGuard";
import type { CallView } from "../client/callView";

/** Asks before the call is left by anything but its own buttons. */
export function useBackGuard(ui: CallView): void {
  useEffect(() => {
    const guard = new BackGuard(() => ui.open("leave"));
    guard.arm();
    return () => guard.disarm();
  }, [ui]);
}
