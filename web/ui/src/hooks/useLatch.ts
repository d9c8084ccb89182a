import { useState } from "react";

/** True from the first time on that `now` is. */
export function useLatch(now: boolean): boolean {
  const [once, setOnce] = useState(now);
  if (now && !once) setOnce(true);
  return once || now;
}
