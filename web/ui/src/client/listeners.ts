/** Calls all of them, in order: one that throws is reported, and keeps nothing from the others. */
export function callAll<Given extends unknown[]>(
  listeners: Iterable<(...given: Given) => void>,
  ...given: Given
): void {
  // A copy: they may come and go meanwhile.
  for (const listener of [...listeners]) {
    try {
      listener(...given);
    } catch (error) {
      console.error("a listener failed", error);
    }
  }
}
