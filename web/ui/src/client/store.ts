import { callAll } from "./listeners";

/** A value that can be watched: `subscribe` and `getSnapshot` are what `useSyncExternalStore` takes. */
export class Store<State> {
  private readonly listeners = new Set<() => void>();

  constructor(private state: State) {}

  readonly getSnapshot = (): State => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  set(state: State): void {
    if (state === this.state) return;
    this.state = state;
    callAll(this.listeners);
  }

  update(change: Partial<State>): void {
    this.set({ ...this.state, ...change });
  }
}
