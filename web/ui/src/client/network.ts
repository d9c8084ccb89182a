interface NetworkInformation extends EventTarget {
  readonly type?: string;
}

/** Calls `changed` when the browser says that the network went, came or became another; returns how to stop. */
export function watchNetwork(changed: () => void): () => void {
  const information = (navigator as { connection?: NetworkInformation }).connection;
  let type = information?.type;
  // The event also comes with every new estimate of speed, which is no change of network.
  const informationChanged = (): void => {
    if (information?.type === type) return;
    type = information?.type;
    changed();
  };
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  information?.addEventListener("change", informationChanged);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
    information?.removeEventListener("change", informationChanged);
  };
}
