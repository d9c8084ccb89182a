/** Two soft notes, in Hz and in seconds from the start. */
const NOTES = [
  { pitch: 523.25, from: 0, to: 0.45 },
  { pitch: 659.25, from: 0.35, to: 0.95 },
] as const;
const END_MS = 1100;

type Sinkable = AudioContext & { setSinkId?: (device: string) => Promise<void> };

/** Plays a short sound on a speaker (null: where sound comes out anyway); returns how to stop it early. */
export function playTestSound(speaker: string | null, ended: () => void): () => void {
  const context: Sinkable = new AudioContext();
  for (const { pitch, from, to } of NOTES) playNote(context, pitch, from, to);
  if (speaker !== null) context.setSinkId?.(speaker).catch(() => undefined);
  let playing = true;
  const stop = (): void => {
    if (!playing) return;
    playing = false;
    clearTimeout(timer);
    void context.close();
  };
  const timer = setTimeout(() => {
    stop();
    ended();
  }, END_MS);
  return stop;
}

function playNote(context: AudioContext, pitch: number, from: number, to: number): void {
  const start = context.currentTime + 0.05;
  const note = context.createOscillator();
  const loudness = context.createGain();
  note.type = "sine";
  note.frequency.value = pitch;
  // Swelling and fading, so that nothing clicks.
  loudness.gain.setValueAtTime(0, start + from);
  loudness.gain.linearRampToValueAtTime(0.25, start + from + 0.04);
  loudness.gain.exponentialRampToValueAtTime(0.001, start + to);
  note.connect(loudness).connect(context.destination);
  note.start(start + from);
  note.stop(start + to);
}
