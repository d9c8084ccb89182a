/** Limits of the server: characters at least, and UTF-8 bytes at most. */
export const MIN_CHARACTERS = 8;
export const MAX_BYTES = 72;

/** 0: nothing typed, 1: would be guessed soon … 4: strong. */
export type Strength = 0 | 1 | 2 | 3 | 4;

/** Rough bits at which a password gets to the next strength. */
const STEPS = [38, 52, 66] as const;

const KEYBOARD = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop"];
const WORDS =
  /pass(wor[td])?|secret|geheim|hallo|hello|admin|login|letmein|welcome|willkommen|monkey|dragon|love|liebe/giu;

/** Roughly how hard a password is to guess; `known` are texts that guessers try first, as the person's name. */
export function passwordStrength(password: string, known: readonly string[] = []): Strength {
  if (password === "") return 0;
  if (password.length < MIN_CHARACTERS) return 1;
  const bits = unpredictable(password, known) * bitsPerCharacter(password);
  const passed = STEPS.filter((step) => bits >= step).length;
  return (1 + passed) as Strength;
}

/** Whether the server would refuse it for its length. */
export function isTooLong(password: string): boolean {
  return new TextEncoder().encode(password).length > MAX_BYTES;
}

function bitsPerCharacter(password: string): number {
  const kinds: [RegExp, number][] = [
    [/[a-z]/u, 26],
    [/[A-Z]/u, 26],
    [/[0-9]/u, 10],
    [/[^a-zA-Z0-9]/u, 30],
  ];
  const alphabet = kinds.reduce((sum, [kind, size]) => sum + (kind.test(password) ? size : 0), 0);
  return Math.log2(Math.max(alphabet, 10));
}

/** How many characters are not given by those before them, or by words that everybody tries. */
function unpredictable(password: string, known: readonly string[]): number {
  let text = password.toLowerCase();
  for (const word of known.flatMap((one) => one.toLowerCase().split(/[^\p{L}\p{N}]+/u))) {
    if (word.length >= 3) text = text.replaceAll(word, "\u0000");
  }
  text = text.replace(WORDS, "\u0000");
  let count = 0;
  const characters = Array.from(text);
  characters.forEach((character, index) => {
    count += index > 0 && follows(characters[index - 1] ?? "", character) ? 0.25 : 1;
  });
  // What is repeated says nothing new.
  return Math.min(count, new Set(characters).size * 1.6);
}

function follows(before: string, character: string): boolean {
  if (before === character) return true;
  return KEYBOARD.some((row) => {
    const [a, b] = [row.indexOf(before), row.indexOf(character)];
    return a >= 0 && b >= 0 && Math.abs(a - b) === 1;
  });
}
