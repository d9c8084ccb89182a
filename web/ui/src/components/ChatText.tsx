import { linkify } from "./linkify";

/** What someone wrote, as text; web addresses can be clicked. */
export function ChatText({ text }: { text: string }) {
  return (
    <p className="chat-text">
      {linkify(text).map((part, index) =>
        part.href === null ? (
          part.text
        ) : (
          <a key={index} href={part.href} target="_blank" rel="noopener noreferrer">
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}
