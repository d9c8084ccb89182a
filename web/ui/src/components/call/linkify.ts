export interface TextPart {
  text: string;
  /** Where this part leads, for a link. */
  href: string | null;
}

/** What ends an address wherever it stands: blanks, marks of direction, quotation marks, East Asian punctuation. */
const STOP =
  '\\s<>"`\\\\^\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff…' +
  "“”„«»‹›「」『』【】《》〈〉〔〕（）［］｛｝。、，；：！？｡､";

/** After a letter or digit of Latin script it is the end of a word; other scripts put no blank before it. */
const ADDRESS = new RegExp(`(?<![a-z0-9])(?:https?://|(?<![@./:-])www\\.)[^${STOP}]+`, "giu");

/** Two addresses with nothing but a comma between them. */
const NEXT = /[,;|](?=https?:\/\/|www\.)/iu;

/** Punctuation at the end belongs to the sentence, but for what addresses end with, and brackets, which are counted. */
const SENTENCE = /^(?![/#&%@\-)\]}])[\p{P}\p{Cf}|~]$/u;

const CLOSING: ReadonlyMap<string, string> = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"],
]);

/**
 * Cuts a text at its web addresses. Only http and https are links, since anything else could run something, and none
 * that names a user: "https://bank.example@evil.example" leads elsewhere than it seems.
 */
export function linkify(text: string): TextPart[] {
  const parts: TextPart[] = [];
  const address = new RegExp(ADDRESS);
  let end = 0;
  for (let match = address.exec(text); match !== null; match = address.exec(text)) {
    const found = trimmed(match[0]);
    const href = hrefOf(found);
    // There may be another one in what was left out.
    address.lastIndex = match.index + (href === null ? 4 : found.length);
    if (href === null) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null });
    parts.push({ text: found, href });
    end = match.index + found.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), href: null });
  return parts;
}

function hrefOf(address: string): string | null {
  const short = /^www\./iu.test(address);
  // "www." and one word is no address yet.
  if (short && !/^www\.[^./]+\.[^./]/iu.test(address)) return null;
  const full = short ? `https://${address}` : address;
  if (!URL.canParse(full)) return null;
  const { href, username, password } = new URL(full);
  return username === "" && password === "" ? href : null;
}

/** Leaves out what belongs to the sentence: its full stop, or a bracket that was opened before the address. */
function trimmed(match: string): string {
  const next = NEXT.exec(match);
  let address = balanced(next === null ? match : match.slice(0, next.index));
  for (;;) {
    const last = Array.from(address.slice(-2)).at(-1) ?? "";
    if (SENTENCE.test(last)) address = address.slice(0, -last.length);
    else if (/[^/]['’]s$/iu.test(address)) address = address.slice(0, -2);
    else return address;
  }
}

/** As far as every bracket that closes was opened in it. */
function balanced(text: string): string {
  const open: string[] = [];
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if ("([{".includes(character)) open.push(character);
    const opening = CLOSING.get(character);
    if (opening !== undefined && open.pop() !== opening) return text.slice(0, index);
  }
  return text;
}
