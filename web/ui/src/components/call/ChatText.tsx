import { cn } from "../../lib/cn";
import { linkify } from "./linkify";

const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u{fe0f}|\u{200d}|\s)+$/u;
const FEW = 24;

/** What someone wrote, as text; web addresses can be clicked, and emoji alone are large. */
export function ChatText({ text }: { text: string }) {
  return (
    <p className={cn("chat-text", text.length <= FEW && ONLY_EMOJI.test(text) && "chat-emoji")}>
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
