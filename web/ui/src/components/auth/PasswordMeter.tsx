import { useTranslation } from "react-i18next";
import { cn } from "../../lib/cn";
import { passwordStrength } from "../../lib/passwordStrength";

const COLOURS = ["bg-line", "bg-danger", "bg-warning", "bg-success", "bg-success"] as const;

/** How hard a new password is to guess. */
export function PasswordMeter({ password, known }: { password: string; known: readonly string[] }) {
  const { t } = useTranslation("auth");
  const strength = passwordStrength(password, known);
  const texts = [t("strength.hint"), t("strength.weak"), t("strength.fair"), t("strength.good"), t("strength.strong")];
  return (
    <span className="grid gap-1.5">
      <span aria-hidden className="grid grid-cols-4 gap-1.5">
        {[1, 2, 3, 4].map((step) => (
          <span
            key={step}
            className={cn(
              "h-1.5 rounded-full transition-colors duration-200",
              step <= strength ? COLOURS[strength] : "bg-line",
            )}
          />
        ))}
      </span>
      <span aria-live="polite">{texts[strength]}</span>
    </span>
  );
}
