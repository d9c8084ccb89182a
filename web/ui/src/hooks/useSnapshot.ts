import { useSyncExternalStore } from "react";

interface Snapshots<State> {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => State;
}

/** The present state of a Call or of LocalMedia; renders again when it changes. */
export function useSnapshot<State>(store: Snapshots<State>): State {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}
