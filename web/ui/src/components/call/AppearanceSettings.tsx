import { useAppearance } from "../appearance";
import { SelectField } from "../ui/Field";

/** Theme and language: those of the whole page. */
export function AppearanceSettings() {
  const { theme, language } = useAppearance();
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <SelectField {...theme} />
      <SelectField {...language} />
    </div>
  );
}
