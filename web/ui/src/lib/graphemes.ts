/**
 * What is drawn as one, where the browser can't tell by itself: a flag, a keycap, or a character with its marks, also
 * several that are joined.
 */
const CLUSTER =
  /\p{RI}{2}|[\s\S](?:\p{M}|\p{Emoji_Modifier}|[\u{e0020}-\u{e007f}]|\u200d(?:\p{Extended_Pictographic}|$))*/gu;

/** The characters of a text as people count them: an emoji with a skin tone is one. */
export function graphemes(text: string): string[] {
  // Firefox has it since April 2024.
  const { Segmenter } = Intl as Partial<typeof Intl>;
  if (Segmenter === undefined) return text.match(CLUSTER) ?? [];
  return Array.from(new Segmenter().segment(text), ({ segment }) => segment);
}

/** The first of them; empty for an empty text. */
export function firstGrapheme(text: string): string {
  // Of a long text only the beginning matters.
  return graphemes(text.slice(0, 64))[0] ?? "";
}
