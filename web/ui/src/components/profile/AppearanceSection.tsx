import { useTranslation } from "react-i18next";
import { useAppearance } from "../appearance";
import { Section } from "../ui/Card";
import { Choice } from "../ui/Choice";

/** Theme and language. */
export function AppearanceSection() {
  const { t } = useTranslation("profile");
  const { theme, language } = useAppearance();
  return (
    <Section title={t("appearance.title")}>
      <div className="grid gap-5">
        <Choice row {...theme} />
        <Choice row {...language} />
      </div>
    </Section>
  );
}
