/** What this browser remembers under a key; null: nothing, or it may not remember. */
export function recall(key: string): string | null {
  return read(() => localStorage, key);
}

/** Remembers a text, as far as the browser may; null: forgets it. */
export function remember(key: string, value: string | null): void {
  write(() => localStorage, key, value);
}

/** The same, for as long as the tab is there, and for it alone. */
export function recallInTab(key: string): string | null {
  return read(() => sessionStorage, key);
}

export function rememberInTab(key: string, value: string | null): void {
  write(() => sessionStorage, key, value);
}

/** `storage`: asking for it may throw already. */
function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // Storage is switched off or full: it is only forgotten.
  }
}
