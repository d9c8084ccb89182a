import { Monitor, Moon, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useTheme } from "../../hooks/useTheme";
import { changeLanguage, currentLanguage } from "../../i18n/i18n";
import { LANGUAGE_OPTIONS } from "../layout/SettingsMenu";
import { Section } from "../ui/Card";
import { Choice } from "../ui/Choice";

/** Theme and language. */
export function AppearanceSection() {
  const { t } = useTranslation(["profile", "common"]);
  const { choice, choose } = useTheme();
  return (
    <Section title={t("profile:appearance.title")}>
      <div className="grid gap-5">
        <Choice
          row
          label={t("common:theme.label")}
          value={choice}
          options={[
            { value: "system", label: t("common:theme.system"), icon: Monitor },
            { value: "light", label: t("common:theme.light"), icon: Sun },
            { value: "dark", label: t("common:theme.dark"), icon: Moon },
          ]}
          onChoose={choose}
        />
        <Choice
          row
          label={t("common:language.label")}
          value={currentLanguage()}
          options={LANGUAGE_OPTIONS}
          onChoose={(language) => void changeLanguage(language)}
        />
      </div>
    </Section>
  );
}
