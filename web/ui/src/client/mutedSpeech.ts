/** From this level on (0 to 1, on a scale of 60 decibels) it is somebody's voice, and not the room. */
const VOICE = 0.5;
/** So much of it, in milliseconds, is more than a cough. */
const ENOUGH_MS = 700;
/** Who is muted while talking finishes the sentence. */
const GRACE_MS = 2000;
const AGAIN_MS = 30_000;
/** Between two looks; a longer gap is one in which nobody looked. */
const LONGEST_STEP_MS = 200;

/** Notices that somebody talks whose microphone is muted. `now` is in milliseconds, of any clock. */
export class MutedSpeech {
  private voiced = 0;
  private before: number;
  private quietUntil: number;

  /** Muted at `now`. */
  constructor(now: number) {
    this.before = now;
    this.quietUntil = now + GRACE_MS;
  }

  /** Takes how loud it is; returns whether that has to be told now. */
  hear(level: number, now: number): boolean {
    const step = Math.min(LONGEST_STEP_MS, now - this.before);
    this.before = now;
    if (now < this.quietUntil) return false;
    // Between words it is quiet.
    this.voiced = Math.max(0, this.voiced + (level >= VOICE ? step : -step / 2));
    if (this.voiced < ENOUGH_MS) return false;
    this.voiced = 0;
    this.quietUntil = now + AGAIN_MS;
    return true;
  }
}
