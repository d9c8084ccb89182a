/** Gives the screen back; whether the page has filled it. */
export function leaveFullScreen(): boolean {
  if (!document.fullscreenEnabled || document.fullscreenElement === null) return false;
  document.exitFullscreen().catch(() => undefined);
  return true;
}
