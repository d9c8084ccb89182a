import { useTranslation } from "react-i18next";
import type { Account } from "../../client/httpTypes";
import { changePassword } from "../../api/users";
import { useForm } from "../../hooks/useForm";
import { notify } from "../../notices/notices";
import { missingPassword, newPasswordProblem } from "../auth/checks";
import { PasswordMeter } from "../auth/PasswordMeter";
import { Button } from "../ui/Button";
import { Section } from "../ui/Card";
import { PasswordField } from "../ui/Field";
import { Problem } from "../ui/Problem";

export function PasswordSection({ user, onChanged }: { user: Account; onChanged: () => void }) {
  const { t } = useTranslation(["profile", "auth"]);
  const form = useForm({
    initial: { current: "", new: "" },
    check: (values) => ({ current: missingPassword(values.current), new: newPasswordProblem(values.new) }),
    refused: { new: t("auth:problem.passwordRefused") },
    send: async (values) => {
      await changePassword(values.current, values.new);
      notify(t("profile:password.changed"), { kind: "good" });
      form.set("current", "");
      form.set("new", "");
      onChanged();
    },
  });
  return (
    <Section title={t("profile:password.title")} text={t("profile:password.text")}>
      <form {...form.form} className="grid gap-4">
        <Problem text={form.problem} />
        {/* So that the browser's own list of passwords knows whose it is. */}
        <input type="email" autoComplete="username" value={user.email} readOnly hidden />
        <PasswordField
          label={t("profile:password.current")}
          autoComplete="current-password"
          {...form.field("current")}
        />
        <PasswordField
          label={t("auth:field.newPassword")}
          autoComplete="new-password"
          {...form.field("new")}
          hint={<PasswordMeter password={form.values.new} known={[user.name, user.email]} />}
        />
        <span>
          <Button type="submit" busy={form.busy}>
            {t("profile:password.submit")}
          </Button>
        </span>
      </form>
    </Section>
  );
}
