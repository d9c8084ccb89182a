import { firstGrapheme } from "../lib/graphemes";

/** Characters of a name, as the server has it. */
export const LONGEST_NAME = 64;

/**
 * The first letters of the first and the last word of a name, for a tile without a picture. What companies add is no
 * part of the name: "Ada Lovelace (extern)", "Ada Lovelace | Analytics".
 */
export function initials(name: string): string {
  const all = words(name);
  const own = words(name.replace(/[([{（［【].*?(?:[)\]}）］】]|$)/gu, " ").replace(/(\S)\s+[|/@–—·•-]\s.*$/u, "$1"));
  // Words begin with a letter or a digit; where none does, an emoji stands for the name.
  const [first, ...others] = [own.filter(isWord), all.filter(isWord), all].find(({ length }) => length > 0) ?? [];
  if (first === undefined) return "?";
  return [first, ...others.slice(-1)]
    .map((word) => firstGrapheme(word))
    .join("")
    .toUpperCase();
}

function words(text: string): string[] {
  // Quotes around a nickname are no letters.
  return text
    .split(/\s+/u)
    .map((word) => word.replace(/^["'“”„«»‘’‹›,.]+/u, ""))
    .filter(Boolean);
}

const isWord = (word: string): boolean => /^[\p{L}\p{N}]/u.test(word);

/** Colours that a person without a picture can have; white letters are read well on all of them. */
export const AVATAR_COLOURS = [
  "#1f7384",
  "#7a4a9e",
  "#a3423f",
  "#8a5a12",
  "#2f7a4a",
  "#2f6f9f",
  "#a03c78",
  "#5a6472",
] as const;

/** Which of the avatar colours is a name's: the same on every screen. */
export function nameColour(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % AVATAR_COLOURS.length;
}
