export interface TextPart {
  text: string;
  /** Where this part leads, for a link. */
  href: string | null;
}

const ADDRESS = /https?:\/\/[^\s<>"]+/giu;
const TRAILING = /[.,;:!?'"*_~]+$/u;

/** Cuts a text at its web addresses. Only http and https are links: anything else could run something. */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimAddress(match[0]);
    if (!URL.canParse(address)) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null });
    parts.push({ text: address, href: new URL(address).href });
    end = match.index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), href: null });
  return parts;
}

/** Leaves out what belongs to the sentence: its full stop, or a bracket that was opened before the address. */
function trimAddress(address: string): string {
  let trimmed = address;
  for (;;) {
    const before = trimmed;
    trimmed = trimmed.replace(TRAILING, "");
    if (trimmed.endsWith(")") && count(trimmed, ")") > count(trimmed, "(")) trimmed = trimmed.slice(0, -1);
    if (trimmed === before) return trimmed;
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
