/**
 * Finding the codes of rooms in what people type and paste.
 *
 * The server does the same (`signaling/codes.py`); both are tested with the same examples.
 */

/** Characters of a text in which a code is looked for: a mail's links may be redirected, and long. */
const MAX_PASTED = 4096;
/** A link inside of a link inside of a link. */
const DECODINGS = 3;

/** Between groups: any dash, also as keyboards for Japanese have it, and a line that was broken there. */
const DASH = String.raw`\s{0,3}[\-_\u2010-\u2015\u2212\u05be\u301c\u30fc]{1,2}\s{0,3}`;
const LOOSE = String.raw`(?:${DASH}|\.|\s{1,3}|)`;
/** A group as servers make them, without what is easily taken for something else. */
const STRICT = "[2-9a-hjkmnp-tv-z]{5}";
const ANY = "[a-z0-9]{5}";

const grouped = (group: string, separator: string): string =>
  String.raw`(${group})${separator}(${group})${separator}(${group})(?![a-z0-9])`;
const START = "(?<![a-z0-9])";

/** Codes in a text, the surest first. */
const PATTERNS = [
  String.raw`${START}r[\/\\]${grouped(ANY, LOOSE)}`,
  START + grouped(STRICT, DASH),
  START + grouped(ANY, DASH),
  START + grouped(STRICT, LOOSE),
].map((pattern) => new RegExp(pattern, "u"));

/** The end of a text that may be a code in other groups, such as letter by letter. */
const SPELT = /(?:^|[:=])([^:=/\\]+)$/u;
const IN_LINK = /(?<![a-z0-9])r[/\\]([\w-]{1,64})(?![\w-])/u;
const WORD = /[\p{L}\p{N}_][\p{L}\p{N}_-]*/gu;

/** The room's code in what someone typed or pasted: a code, a link, or a sentence or mail with either in it. */
export function roomCodeFrom(input: string): string | null {
  const text = plain(input.slice(0, MAX_PASTED));
  for (const pattern of PATTERNS) {
    const found = pattern.exec(text);
    if (found !== null) return found.slice(1).join("-");
  }
  const spelt = SPELT.exec(text)?.[1]?.replace(/[^\p{L}\p{N}]+/gu, "");
  if (spelt !== undefined && /^[a-z0-9]{15}$/u.test(spelt)) return spelt.replace(/(.{5})(?=.)/gu, "$1-");
  // No code as servers make them: whether there is such a room is for them to say.
  const inLink = IN_LINK.exec(text)?.[1];
  if (inLink !== undefined) return inLink;
  const words: string[] = /[<>/]/u.test(text) ? [] : (text.match(WORD) ?? []);
  const [word] = words;
  return word !== undefined && words.length === 1 && /^[\w-]{1,64}$/u.test(word) ? word : null;
}

/** Every letter and digit in its one form, without what links and mails put around and between them. */
function plain(input: string): string {
  return decoded(input.replace(/=\r?\n/gu, ""))
    .normalize("NFKC")
    .toLowerCase()
    .replace(/\p{Cf}/gu, "")
    .trim();
}

function decoded(text: string): string {
  for (let round = 0; round < DECODINGS; round++) text = text.replace(/(?:%[0-9a-f]{2})+/giu, decodedRun);
  return text;
}

function decodedRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}

/**
 * The path of a room on this page, with the invitation, or what makes a link a personal one, where such a link was
 * pasted. null: there is no code.
 */
export function roomPathFrom(input: string): string | null {
  const code = roomCodeFrom(input);
  if (code === null) return null;
  const found = /[#?&](invite=[\w-]+|link=[\w-]+\.[\w-]+\.[\w-]+)/u.exec(decoded(input))?.[1];
  return found === undefined ? `/r/${code}` : `/r/${code}#${found}`;
}
