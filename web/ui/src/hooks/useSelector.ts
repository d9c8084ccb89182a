import { useMemo, useSyncExternalStore } from "react";

interface Snapshots<State> {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => State;
}

/**
 * A part of a store's state; renders again only when that part changes. A `select` that makes a new object each time
 * has to be the same function at every rendering, and needs a `same` that looks into the objects.
 */
export function useSelector<State, Selected>(
  store: Snapshots<State>,
  select: (state: State) => Selected,
  same: (one: Selected, other: Selected) => boolean = Object.is,
): Selected {
  const getSelected = useMemo(() => remembering(store, select, same), [store, select, same]);
  return useSyncExternalStore(store.subscribe, getSelected);
}

/** As long as the selection is the same, so is the object. */
function remembering<State, Selected>(
  store: Snapshots<State>,
  select: (state: State) => Selected,
  same: (one: Selected, other: Selected) => boolean,
): () => Selected {
  let last: { value: Selected } | null = null;
  return () => {
    const value = select(store.getSnapshot());
    if (last === null || !same(last.value, value)) last = { value };
    return last.value;
  };
}

/** Whether two objects have the same values, one level deep. */
export function sameFields<Fields extends object>(one: Fields, other: Fields): boolean {
  const keys = Object.keys(one) as (keyof Fields)[];
  return keys.length === Object.keys(other).length && keys.every((key) => Object.is(one[key], other[key]));
}

/** Whether two lists have the same items, each one level deep. */
export function sameItems<Item extends object>(one: readonly Item[], other: readonly Item[]): boolean {
  if (one.length !== other.length) return false;
  return one.every((item, index) => {
    const counterpart = other[index];
    return counterpart !== undefined && sameFields(item, counterpart);
  });
}
