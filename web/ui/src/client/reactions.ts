import type { Call } from "./call";
import { Store } from "./store";

const SHOWN_MS = 4500;
/** More at a time than anyone can look at; a machine that sends thousands harms nobody. */
const MOST_SHOWN = 40;

export interface PassingReaction {
  id: number;
  participant: string;
  emoji: string;
}

/** Reactions that are being shown, oldest first, each for some seconds. */
export class PassingReactions extends Store<readonly PassingReaction[]> {
  private nextId = 1;
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();

  constructor() {
    super([]);
  }

  /** Shows the reactions of `call`; returns how to stop. */
  follow(call: Pick<Call, "onEvent">): () => void {
    const stop = call.onEvent((event) => {
      if (event.type === "reaction") this.show(event.participant, event.emoji);
    });
    return () => {
      stop();
      for (const timer of this.timers) clearTimeout(timer);
      this.timers.clear();
      this.set([]);
    };
  }

  private show(participant: string, emoji: string): void {
    const id = this.nextId++;
    this.set([...this.getSnapshot(), { id, participant, emoji }].slice(-MOST_SHOWN));
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.set(this.getSnapshot().filter((reaction) => reaction.id !== id));
    }, SHOWN_MS);
    this.timers.add(timer);
  }
}
