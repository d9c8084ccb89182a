const FIRST_MS = 100;
const LONGEST_MS = 3000;

/** How long to wait before attempt `attempt` (from 0): doubles from 0.1 s to 3 s, with up to a third of jitter added,
 * so that a room full of people does not come back to a restarted server in one instant. */
export function backoffDelay(attempt: number, random: () => number = Math.random): number {
  const delay = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(delay * (1 + random() / 3));
}
