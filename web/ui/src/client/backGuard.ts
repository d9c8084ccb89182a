import { leaveFullScreen } from "./fullScreen";

/** What Back closes before it leaves anything, the topmost last. */
const layers: (() => void)[] = [];

/** Has Back close something that is open; returns how to take that back once it has closed. */
export function closedByBack(close: () => void): () => void {
  // Each its own, also where two are closed by the same function.
  const layer = (): void => close();
  layers.push(layer);
  return () => {
    const index = layers.indexOf(layer);
    if (index >= 0) layers.splice(index, 1);
  };
}

/** Whether there was something to close. */
function closeTopmost(): boolean {
  const close = layers.at(-1);
  if (close !== undefined) {
    close();
    return true;
  }
  return leaveFullScreen();
}

/** Marks the entry of the history that Back takes away instead of the call. */
const MARK = "milanio.call";

function isMarked(state: unknown): boolean {
  return typeof state === "object" && state !== null && MARK in state;
}

/**
 * Keeps a call from being left by accident: by Back, by swiping, by closing the tab, by a file that is dropped on it.
 *
 * An entry more in the history, for the same address, is what Back takes away; it is put there again each time.
 */
export class BackGuard {
  private address = "";
  private armed = false;

  /** `ask` is called where Back would leave the call, and nothing is open that could be closed. */
  constructor(private readonly ask: () => void) {}

  arm(): void {
    this.armed = true;
    this.address = location.href;
    // After a reload it is there already.
    if (!isMarked(history.state)) this.putMark();
    // Before the router hears of it.
    window.addEventListener("popstate", this.onPopState, true);
    window.addEventListener("beforeunload", this.onBeforeUnload);
  }

  /** The call is over: Back leads to where it came from. */
  disarm(): void {
    this.armed = false;
    window.removeEventListener("popstate", this.onPopState, true);
    window.removeEventListener("beforeunload", this.onBeforeUnload);
    // Not where it is armed again at once.
    setTimeout(() => (this.armed ? undefined : dropMark()));
  }

  private readonly onPopState = (): void => {
    // Forward, to the entry itself.
    if (isMarked(history.state)) return;
    // Several steps at once lead further than to the call's own address.
    if (location.href !== this.address) history.pushState(null, "", this.address);
    this.putMark();
    if (!closeTopmost()) this.ask();
  };

  private readonly onBeforeUnload = (event: BeforeUnloadEvent): void => event.preventDefault();

  private putMark(): void {
    history.pushState({ [MARK]: true }, "", this.address);
  }
}

/** Goes back from an entry that a call has left behind, so that it needs no Back of its own. */
export function dropMark(): void {
  if (isMarked(history.state)) history.back();
}
