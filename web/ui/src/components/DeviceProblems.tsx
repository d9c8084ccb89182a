import { INSECURE_PAGE } from "../client/devices";
import type { MediaState } from "../client/media";

/** Why one would not be seen or heard, each in a sentence. */
export function DeviceProblems({ state }: { state: MediaState }) {
  const found = [state.insecure ? INSECURE_PAGE : null, state.microphone.problem, state.camera.problem];
  const problems = [...new Set(found.filter((problem) => problem !== null))];
  if (problems.length === 0) return null;
  return (
    <ul className="problems" role="status">
      {problems.map((problem) => (
        <li key={problem}>{problem}</li>
      ))}
    </ul>
  );
}
