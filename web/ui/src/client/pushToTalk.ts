import type { LocalMedia } from "./media";

/** Unmutes a muted microphone for as long as a key is held. A microphone that is on is left alone. */
export class PushToTalk {
  private holding = false;

  constructor(private readonly media: Pick<LocalMedia, "getSnapshot" | "setMicrophone">) {}

  /** True while it is this that keeps the microphone on. */
  get talking(): boolean {
    return this.holding;
  }

  /** Returns whether the microphone is now on because of this. */
  press(): boolean {
    if (!this.holding && !this.media.getSnapshot().microphone.on) {
      this.holding = true;
      void this.media.setMicrophone(true);
    }
    return this.holding;
  }

  release(): void {
    if (!this.holding) return;
    this.holding = false;
    void this.media.setMicrophone(false);
  }
}
