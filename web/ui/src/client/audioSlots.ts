/**
 * In calls of up to this many others, everyone's sound finds a slot, and nobody has to be chosen.
 *
 * In larger calls the server's proposal is enough, as a few people speak at a time and the relay notices at once who
 * begins; more slots would carry the noise of more microphones to everyone.
 */
export const MOST_AUDIO_SLOTS = 8;

/** How many audio slots to have in a call with so many others. */
export function audioSlotsFor(others: number, proposed: number): number {
  return others > proposed && others <= MOST_AUDIO_SLOTS ? MOST_AUDIO_SLOTS : proposed;
}
