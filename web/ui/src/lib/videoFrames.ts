/** A frame may have lain in the browser's buffer for so long before it is shown. */
const BUFFERED_MS = 500;

/** Calls back once, when the element has shown a frame that arrived after `since` (performance time); returns how to stop. */
export function onFrameAfter(video: HTMLVideoElement, since: number, callback: () => void): () => void {
  // Firefox has it since October 2024.
  const tells = "requestVideoFrameCallback" in (video as object);
  return tells ? byCallback(video, since, callback) : byCount(video, since, callback);
}

function byCallback(video: HTMLVideoElement, since: number, callback: () => void): () => void {
  const onFrame: VideoFrameRequestCallback = (now, { receiveTime }) => {
    if ((receiveTime ?? now) >= since) callback();
    else handle = video.requestVideoFrameCallback(onFrame);
  };
  let handle = video.requestVideoFrameCallback(onFrame);
  return () => video.cancelVideoFrameCallback(handle);
}

/** Nobody says when a frame arrived: it is one that is shown when all from before must have been. */
function byCount(video: HTMLVideoElement, since: number, callback: () => void): () => void {
  let before: number | null = null;
  const look = (now: number): void => {
    const shown = video.getVideoPlaybackQuality().totalVideoFrames;
    if (now >= since + BUFFERED_MS) before ??= shown;
    if (before !== null && shown > before) callback();
    else handle = requestAnimationFrame(look);
  };
  let handle = requestAnimationFrame(look);
  return () => cancelAnimationFrame(handle);
}
