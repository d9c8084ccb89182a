export const PICTURE = { width: 1280, height: 720 } as const;
const RATE = 30;
const PATCHES = 40;

/** A picture that moves so much that it takes as many bits as a camera's; `stop` ends it. Null: not in this browser. */
export function testPicture(): { track: MediaStreamTrack; stop: () => void } | null {
  const canvas = document.createElement("canvas");
  const { width, height } = Object.assign(canvas, PICTURE);
  const drawing = canvas.getContext("2d");
  if (drawing === null || !("captureStream" in canvas)) return null;
  const draw = (): void => {
    for (let patch = 0; patch < PATCHES; patch++) {
      drawing.fillStyle = `hsl(${Math.random() * 360} 60% 50%)`;
      drawing.fillRect(Math.random() * width, Math.random() * height, width / 8, height / 8);
    }
  };
  draw();
  const timer = setInterval(draw, 1000 / RATE);
  const track = canvas.captureStream(RATE).getVideoTracks()[0];
  const stop = (): void => {
    clearInterval(timer);
    track?.stop();
  };
  return track === undefined ? null : { track, stop };
}
