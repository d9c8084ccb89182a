import { SlidersHorizontal } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAppearance } from "../appearance";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuChoice, MenuSeparator } from "../ui/Menu";

/** Language and theme, for everybody. */
export function SettingsMenu() {
  const { t } = useTranslation();
  const { theme, language } = useAppearance();
  return (
    <Menu
      trigger={<IconButton icon={SlidersHorizontal} label={t("header.settings")} look="ghost" tooltipSide="bottom" />}
    >
      <MenuChoice {...theme} />
      <MenuSeparator />
      <MenuChoice {...language} />
    </Menu>
  );
}
