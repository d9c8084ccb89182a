/** The first letters of the first and the last word of a name, for a tile without a picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = words[0];
  if (first === undefined) return "?";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return [first, last].map(firstLetter).join("").toUpperCase();
}

/** As people count letters: an emoji with a skin tone is one. */
function firstLetter(word = ""): string {
  const [letter] = new Intl.Segmenter().segment(word);
  return letter?.segment ?? "";
}

const COLOURS = 8;

/** Which of the eight avatar colours is a name's: the same on every screen. */
export function nameColour(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % COLOURS;
}

/** The room code in what someone typed or pasted: the code itself, or a link that ends in it. */
export function roomCodeFrom(input: string): string | null {
  const text = input.trim();
  const fromLink = /\/r\/([^/?#\s]+)/u.exec(text)?.[1];
  const code = fromLink ?? text;
  return /^[\w-]{1,64}$/u.test(code) ? code : null;
}
