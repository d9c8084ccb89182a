import { Monitor, Moon, SlidersHorizontal, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useTheme } from "../../hooks/useTheme";
import { changeLanguage, currentLanguage, type Language, LANGUAGES } from "../../i18n/i18n";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuChoice, MenuSeparator } from "../ui/Menu";

export const LANGUAGE_OPTIONS = Object.entries(LANGUAGES).map(([value, label]) => ({
  value: value as Language,
  label,
}));

/** Language and theme, for everybody. */
export function SettingsMenu() {
  const { t } = useTranslation();
  const { choice, choose } = useTheme();
  return (
    <Menu
      trigger={<IconButton icon={SlidersHorizontal} label={t("header.settings")} look="ghost" tooltipSide="bottom" />}
    >
      <MenuChoice
        label={t("theme.label")}
        value={choice}
        options={[
          { value: "system", label: t("theme.system"), icon: Monitor },
          { value: "light", label: t("theme.light"), icon: Sun },
          { value: "dark", label: t("theme.dark"), icon: Moon },
        ]}
        onChoose={choose}
      />
      <MenuSeparator />
      <MenuChoice
        label={t("language.label")}
        value={currentLanguage()}
        options={LANGUAGE_OPTIONS}
        onChoose={(language) => void changeLanguage(language)}
      />
    </Menu>
  );
}
