import { useTranslation } from "react-i18next";
import { register } from "../../api/auth";
import { session } from "../../api/session";
import { openAuth } from "../../hooks/useAuthDialog";
import { useForm } from "../../hooks/useForm";
import { notify } from "../../notices/notices";
import { LONGEST_NAME } from "../names";
import { Button } from "../ui/Button";
import { PasswordField, TextField } from "../ui/Field";
import { Problem } from "../ui/Problem";
import { TextButton } from "../ui/TextButton";
import { addressProblem, nameProblem, newPasswordProblem } from "./checks";
import { PasswordMeter } from "./PasswordMeter";

interface RegisterFormProps {
  email: string;
  onDone: () => void;
  /** A link to confirm the address was sent. */
  onSent: (address: string) => void;
}

export function RegisterForm({ email, onDone, onSent }: RegisterFormProps) {
  const { t } = useTranslation("auth");
  const form = useForm({
    initial: { name: "", email, password: "" },
    check: (values) => ({
      name: nameProblem(values.name),
      email: addressProblem(values.email),
      password: newPasswordProblem(values.password),
    }),
    refused: { name: t("problem.nameRefused"), email: t("problem.email"), password: t("problem.passwordRefused") },
    send: async (values) => {
      const account = { name: values.name.trim(), email: values.email.trim() };
      const verification = await register({ ...account, password: values.password });
      if (verification === "mailed") {
        onSent(account.email);
        return;
      }
      // Nothing is to be confirmed: the account can be used at once.
      await session.logIn(account.email, values.password);
      onDone();
      notify(t("login.welcome", { name: account.name }), { kind: "good" });
    },
  });
  return (
    <form {...form.form} className="grid gap-4">
      <Problem text={form.problem} />
      <TextField
        label={t("field.name")}
        hint={t("register.nameHint")}
        autoComplete="name"
        maxLength={LONGEST_NAME}
        {...form.field("name")}
      />
      <TextField label={t("field.email")} type="email" autoComplete="username" {...form.field("email")} />
      <PasswordField
        label={t("field.password")}
        autoComplete="new-password"
        {...form.field("password")}
        hint={<PasswordMeter password={form.values.password} known={[form.values.name, form.values.email]} />}
      />
      <Button type="submit" look="primary" size="lg" wide busy={form.busy}>
        {t("register.submit")}
      </Button>
      <p className="text-center text-[15px] text-quiet">
        {t("register.have")}{" "}
        <TextButton onClick={() => openAuth("login", form.values.email)}>{t("register.login")}</TextButton>
      </p>
    </form>
  );
}
