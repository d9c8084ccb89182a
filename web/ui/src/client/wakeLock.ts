/**
 * Keeps the screen from going dark, as far as the browser lets a page; returns how to stop. The lock ends whenever the
 * page is out of view, and is then asked for anew.
 */
export function keepAwake(): () => void {
  const held: { lock: WakeLockSentinel | null; asking: boolean; stopped: boolean } = {
    lock: null,
    asking: false,
    stopped: false,
  };
  const ask = async (): Promise<void> => {
    const { wakeLock } = navigator as Partial<Navigator>;
    if (document.hidden || wakeLock === undefined || held.asking || held.lock?.released === false) return;
    held.asking = true;
    try {
      held.lock = await wakeLock.request("screen");
      if (held.stopped) await held.lock.release();
    } catch {
      // Battery saving forbids it: the screen follows the system's setting.
    }
    held.asking = false;
  };
  const onVisible = (): void => void ask();
  document.addEventListener("visibilitychange", onVisible);
  void ask();
  return () => {
    held.stopped = true;
    document.removeEventListener("visibilitychange", onVisible);
    void held.lock?.release();
  };
}
