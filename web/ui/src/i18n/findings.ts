import type { AdminFinding } from "../client/httpTypes";
import german from "./de/findings.json";
import type { Language } from "./i18n";

interface Said {
  text: string;
  advice?: string;
}

interface Translation {
  /** The names of the checks. */
  checks: Record<string, string>;
  /** English words within values. */
  words: Record<string, string>;
  /** By check and code; those of any port under "port". */
  findings: Record<string, Record<string, Said>>;
}

interface Shown extends Required<Said> {
  check: string;
  language: Language;
}

/** The server says it in English itself. */
const TRANSLATIONS: Partial<Record<Language, Translation>> = { de: german };

/** A finding of the server in the page's language; in English where there is no translation. */
export function findingText(finding: AdminFinding, wanted: Language): Shown {
  const translation = TRANSLATIONS[wanted];
  const { check, code, values } = finding;
  const said = translation?.findings[check]?.[code] ?? translation?.findings.port?.[code];
  if (translation === undefined || said === undefined) {
    return { check, language: "en", text: finding.text, advice: finding.advice };
  }
  const filled = (text: string): string =>
    text.replace(/\{(\w+)\}/gu, (whole, name: string) => {
      const value = values[name];
      return value === undefined ? whole : (translation.words[value] ?? value);
    });
  return {
    check: translation.checks[check] ?? check,
    language: wanted,
    text: filled(said.text),
    advice: filled(said.advice ?? ""),
  };
}
