import { useEffect, useState } from "react";
import { useCallState } from "./useCallContext";

/** Milliseconds for which somebody has to speak before their picture takes the place of another's: coughs are shorter. */
export const SETTLE_MS = 1000;

/** The one who is shown large where only one is: whoever spoke last, though not those who only cough into a pause. */
export function useFeatured(): string | null {
  const latest = useCallState((state) => state.featured);
  const [shown, setShown] = useState(latest);
  const present = useCallState(({ participants }) => participants.some(({ id }) => id === shown));
  const waits = present && latest !== null && latest !== shown;
  if (!waits && latest !== shown) setShown(latest);
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setTimeout(() => setShown(latest), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [waits, latest]);
  return waits ? shown : latest;
}
