import { type LucideIcon, Monitor, Moon, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useTheme } from "../hooks/useTheme";
import { changeLanguage, currentLanguage, type Language, LANGUAGES } from "../i18n/i18n";
import type { ThemeChoice } from "../theme/theme";

interface Chooser<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string; icon?: LucideIcon }[];
  onChoose: (value: Value) => void;
}

const LANGUAGE_OPTIONS = Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }));

/** The choices of theme and language, as lists, menus and fields take them: they hold for the whole page. */
export function useAppearance(): { theme: Chooser<ThemeChoice>; language: Chooser<Language> } {
  const { t } = useTranslation("common");
  const { choice, choose } = useTheme();
  return {
    theme: {
      label: t("theme.label"),
      value: choice,
      options: [
        { value: "system", label: t("theme.system"), icon: Monitor },
        { value: "light", label: t("theme.light"), icon: Sun },
        { value: "dark", label: t("theme.dark"), icon: Moon },
      ],
      onChoose: choose,
    },
    language: {
      label: t("language.label"),
      value: currentLanguage(),
      options: LANGUAGE_OPTIONS,
      onChoose: (wanted) => void changeLanguage(wanted),
    },
  };
}
