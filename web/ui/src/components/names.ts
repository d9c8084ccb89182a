import { firstGrapheme } from "../lib/graphemes";

/** Characters of a name, as the server has it. */
export const LONGEST_NAME = 64;

/** The first letters of the first and the last word of a name, for a tile without a picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const first = words[0];
  if (first === undefined) return "?";
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return [first, last]
    .map((word) => firstGrapheme(word ?? ""))
    .join("")
    .toUpperCase();
}

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
