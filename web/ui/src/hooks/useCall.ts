import { useEffect, useState } from "react";
import { Call } from "../client/call";
import type { LocalMedia } from "../client/media";

declare global {
  interface Window {
    /** A handle for diagnosis: look, don't touch. */
    milanio?: { call: Call };
  }
}

/** A call made ready with `media`. Left when the component or the page goes. */
export function useCall(media: LocalMedia): Call | null {
  const [call, setCall] = useState<Call | null>(null);
  useEffect(() => {
    const prepared = new Call(media);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- a connection may only be made outside rendering
    setCall(prepared);
    window.milanio = { call: prepared };
    const leave = (event: PageTransitionEvent): void => {
      if (!event.persisted) prepared.leave();
    };
    const refresh = (): void => prepared.refresh();
    window.addEventListener("pagehide", leave);
    window.addEventListener("resize", refresh);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("resize", refresh);
      prepared.leave();
    };
  }, [media]);
  return call;
}
