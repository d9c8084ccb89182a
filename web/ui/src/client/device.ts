import { randomId } from "./randomId";

const KEY = "milanio.device";

/** How long a reloaded page waits for the one before it to be gone. */
const GONE_MS = 500;

let known: Promise<string> | undefined;

/**
 * What this tab is called when it joins: the same after a reload, and another in a duplicated tab, which begins with a
 * copy of the first one's storage.
 */
export function deviceId(): Promise<string> {
  known ??= claim(stored());
  return known;
}

/** For tests: as in a page that was just loaded. */
export function forgetDevice(): void {
  known = undefined;
}

async function claim(id: string | null): Promise<string> {
  if (id !== null && (await isOurs(id))) return id;
  const drawn = randomId();
  store(drawn);
  await isOurs(drawn);
  return drawn;
}

/** Holds a lock in the id's name for as long as the page lives. False: another tab does. */
async function isOurs(id: string): Promise<boolean> {
  const locks = (navigator as Partial<Navigator>).locks;
  // Without locks a duplicated tab can't be told from a page that was opened again, but for a reload.
  if (locks === undefined) return isReload();
  return new Promise((resolve) => {
    locks
      .request(`${KEY}.${id}`, { signal: AbortSignal.timeout(GONE_MS) }, () => {
        resolve(true);
        return new Promise(() => undefined);
      })
      .catch(() => resolve(false));
  });
}

function isReload(): boolean {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return navigation?.type === "reload";
}

function stored(): string | null {
  try {
    const id = sessionStorage.getItem(KEY);
    return id !== null && /^[0-9a-f]{32}$/.test(id) ? id : null;
  } catch {
    return null; // the browser keeps nothing for this site
  }
}

function store(id: string): void {
  try {
    sessionStorage.setItem(KEY, id);
  } catch {
    // Then it is another one after a reload.
  }
}
