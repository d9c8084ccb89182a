import { useEffect, useRef } from "react";
import type { MediaState } from "../client/media";

/** Tells of trouble with a device when it comes up during the call; what was known before was told before. */
export function useProblemNotices({ microphone, camera }: MediaState, notify: (text: string) => void): void {
  const known = useRef([microphone.problem, camera.problem]);
  useEffect(() => {
    const problems = [microphone.problem, camera.problem];
    for (const problem of problems) {
      if (problem !== null && !known.current.includes(problem)) notify(problem);
    }
    known.current = problems;
  }, [microphone.problem, camera.problem, notify]);
}
