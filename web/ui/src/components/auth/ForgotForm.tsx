import { useTranslation } from "react-i18next";
import { forgot } from "../../api/auth";
import { openAuth } from "../../hooks/useAuthDialog";
import { useForm } from "../../hooks/useForm";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Problem } from "../ui/Problem";
import { TextButton } from "../ui/TextButton";
import { addressProblem } from "./checks";

interface ForgotFormProps {
  email: string;
  onSent: (address: string) => void;
}

export function ForgotForm({ email, onSent }: ForgotFormProps) {
  const { t } = useTranslation("auth");
  const form = useForm({
    initial: { email },
    check: (values) => ({ email: addressProblem(values.email) }),
    refused: { email: t("problem.email") },
    send: async (values) => {
      await forgot(values.email.trim());
      onSent(values.email.trim());
    },
  });
  return (
    <form {...form.form} className="grid gap-4">
      <Problem text={form.problem} />
      <TextField label={t("field.email")} type="email" autoComplete="username" {...form.field("email")} />
      <Button type="submit" look="primary" size="lg" wide busy={form.busy}>
        {t("forgot.submit")}
      </Button>
      <p className="text-center">
        <TextButton onClick={() => openAuth("login", form.values.email)}>{t("forgot.back")}</TextButton>
      </p>
    </form>
  );
}
