/** From this level on (0 to 1, on a scale of 60 decibels) it is somebody's voice, and not the room. */
const VOICE = 0.4;
/** Between words one goes on speaking. */
const HOLD_MS = 600;

/** Notices that one speaks, where nobody else is there to hear it. `now` is in milliseconds, of any clock. */
export class OwnSpeech {
  private until = -Infinity;

  /** Takes how loud it is; returns whether one speaks. */
  hear(level: number, now: number): boolean {
    if (level >= VOICE) this.until = now + HOLD_MS;
    return now < this.until;
  }
}
