import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { recall, remember } from "../lib/storage";
import type { Texts } from "./en";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

/** boot.js reads it too. */
const KEY = "milanio.language";

const LOADERS: Record<Language, () => Promise<{ default: Texts }>> = {
  en: () => import("./en"),
  de: () => import("./de"),
};

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "common";
    resources: Texts;
    returnNull: false;
  }
}

/** Makes the texts ready, in the language that was chosen or that the browser asks for. */
export async function startTexts(wanted: Language = preferredLanguage()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: wanted,
    resources: { [wanted]: await texts(wanted) },
    defaultNS: "common",
    // React escapes what it shows.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  markDocument(wanted);
}

/** Changes the language of the page, and remembers it. */
export async function changeLanguage(wanted: Language): Promise<void> {
  remember(KEY, wanted);
  if (!i18next.hasResourceBundle(wanted, "common")) {
    for (const [namespace, bundle] of Object.entries(await texts(wanted))) {
      i18next.addResourceBundle(wanted, namespace, bundle);
    }
  }
  await i18next.changeLanguage(wanted);
  markDocument(wanted);
}

/** The language of the page at this moment. */
export function currentLanguage(): Language {
  return asLanguage(i18next.language) ?? "en";
}

/** The first language that was chosen, or is asked for, and that there is. */
export function preferredLanguage(
  chosen = recall(KEY),
  asked: readonly string[] = typeof navigator === "undefined" ? [] : navigator.languages,
): Language {
  for (const tag of [chosen ?? "", ...asked]) {
    const found = asLanguage(tag.slice(0, 2).toLowerCase());
    if (found !== null) return found;
  }
  return "en";
}

function asLanguage(value: string): Language | null {
  return Object.hasOwn(LANGUAGES, value) ? (value as Language) : null;
}

async function texts(language: Language): Promise<Texts> {
  return (await LOADERS[language]()).default;
}

function markDocument(language: Language): void {
  if (typeof document !== "undefined") document.documentElement.lang = language;
}
