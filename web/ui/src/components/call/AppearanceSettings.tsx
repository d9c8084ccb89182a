import { useTranslation } from "react-i18next";
import { useTheme } from "../../hooks/useTheme";
import { changeLanguage, currentLanguage, type Language, LANGUAGES } from "../../i18n/i18n";
import type { ThemeChoice } from "../../theme/theme";
import { SelectField } from "../ui/Field";

/** Theme and language: those of the whole page. */
export function AppearanceSettings() {
  const { t } = useTranslation("common");
  const { choice, choose } = useTheme();
  const languages = Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }));
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <SelectField<ThemeChoice>
        label={t("theme.label")}
        value={choice}
        options={[
          { value: "system", label: t("theme.system") },
          { value: "light", label: t("theme.light") },
          { value: "dark", label: t("theme.dark") },
        ]}
        onChoose={choose}
      />
      <SelectField<Language>
        label={t("language.label")}
        value={currentLanguage()}
        options={languages}
        onChoose={(wanted) => void changeLanguage(wanted)}
      />
    </div>
  );
}
