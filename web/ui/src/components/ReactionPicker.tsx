const EMOJI = [
  ["👍", "Thumbs up"],
  ["👏", "Applause"],
  ["❤️", "Heart"],
  ["😂", "Laughter"],
  ["😮", "Surprise"],
  ["🎉", "Party"],
] as const;

export function ReactionPicker({ onReact }: { onReact: (emoji: string) => void }) {
  return (
    <div className="reactions" role="group" aria-label="Reactions">
      {EMOJI.map(([emoji, name]) => (
        <button key={emoji} type="button" aria-label={name} title={name} onClick={() => onReact(emoji)}>
          {emoji}
        </button>
      ))}
    </div>
  );
}
