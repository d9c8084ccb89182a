import { useTranslation } from "react-i18next";
import { resend } from "../../api/auth";
import { session } from "../../api/session";
import { openAuth } from "../../hooks/useAuthDialog";
import { useConfig } from "../../hooks/useConfig";
import { useForm } from "../../hooks/useForm";
import { errorText } from "../../i18n/errors";
import { notify } from "../../notices/notices";
import { Button } from "../ui/Button";
import { PasswordField, TextField } from "../ui/Field";
import { Problem } from "../ui/Problem";
import { TextButton } from "../ui/TextButton";
import { addressProblem, missingPassword } from "./checks";

interface LogInFormProps {
  email: string;
  onDone: () => void;
  /** A link to confirm the address was sent once more. */
  onSent: (address: string) => void;
}

export function LogInForm({ email, onDone, onSent }: LogInFormProps) {
  const { t } = useTranslation(["auth", "common"]);
  const config = useConfig();
  const form = useForm({
    initial: { email, password: "" },
    check: (values) => ({ email: addressProblem(values.email), password: missingPassword(values.password) }),
    send: async (values) => {
      const user = await session.logIn(values.email.trim(), values.password);
      onDone();
      notify(t("auth:login.welcome", { name: user.name }), { kind: "good" });
    },
  });
  const sendAgain = (): void => {
    resend(form.values.email.trim()).then(
      () => onSent(form.values.email.trim()),
      (error: unknown) => notify(errorText(error), { kind: "bad" }),
    );
  };
  return (
    <form {...form.form} className="grid gap-4">
      <Problem text={form.problem}>
        {form.code === "not_verified" && <TextButton onClick={sendAgain}>{t("auth:sent.again")}</TextButton>}
      </Problem>
      <TextField label={t("auth:field.email")} type="email" autoComplete="username" {...form.field("email")} />
      <PasswordField
        label={t("auth:field.password")}
        autoComplete="current-password"
        {...form.field("password")}
        hint={<TextButton onClick={() => openAuth("forgot", form.values.email)}>{t("auth:login.forgot")}</TextButton>}
      />
      <Button type="submit" look="primary" size="lg" wide busy={form.busy}>
        {t("auth:login.submit")}
      </Button>
      {config?.registration !== "closed" && (
        <p className="text-center text-[15px] text-quiet">
          {t("auth:login.new")}{" "}
          <TextButton onClick={() => openAuth("register", form.values.email)}>{t("auth:login.register")}</TextButton>
        </p>
      )}
    </form>
  );
}
