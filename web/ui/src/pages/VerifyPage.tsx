import { BadgeCheck, MailOpen, MailX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { resend } from "../api/auth";
import { session } from "../api/session";
import { ApiError } from "../client/http";
import { addressProblem } from "../components/auth/checks";
import { MessagePage } from "../components/MessagePage";
import { RoundIcon } from "../components/RoundIcon";
import { Button } from "../components/ui/Button";
import { PasswordField, TextField } from "../components/ui/Field";
import { Problem } from "../components/ui/Problem";
import { TextButton } from "../components/ui/TextButton";
import { openAuth } from "../hooks/useAuthDialog";
import { useForm } from "../hooks/useForm";
import { useFragmentToken } from "../hooks/useFragmentToken";
import { notify } from "../notices/notices";

/**
 * Where the link in the mail leads. Only the button uses the token up: programs that look at links in mails do not.
 * The password shows that the registration is your own, and not somebody else's with your address.
 */
export function VerifyPage() {
  const { t } = useTranslation("auth");
  const token = useFragmentToken();
  const [done, setDone] = useState(false);
  const [bad, setBad] = useState(token === null);
  const form = useForm({
    initial: { password: "" },
    check: (values) => ({ password: values.password === "" ? t("problem.passwordMissing") : undefined }),
    send: async (values) => {
      try {
        await session.confirm(token ?? "", values.password);
        setDone(true);
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== "bad_token") throw error;
        setBad(true);
      }
    },
  });
  if (done) {
    return <MessagePage art={<RoundIcon icon={BadgeCheck} />} title={t("verify.done")} text={t("verify.doneText")} />;
  }
  if (bad) return <BadLink />;
  return (
    <MessagePage art={<RoundIcon icon={MailOpen} />} title={t("verify.title")} text={t("verify.text")} home={false}>
      <form {...form.form} className="grid w-full max-w-sm gap-4 text-left">
        <Problem text={form.problem} />
        <PasswordField
          label={t("field.password")}
          autoComplete="current-password"
          {...form.field("password")}
          hint={<TextButton onClick={() => openAuth("forgot")}>{t("login.forgot")}</TextButton>}
        />
        <Button type="submit" look="primary" size="lg" wide busy={form.busy}>
          {t("verify.submit")}
        </Button>
      </form>
    </MessagePage>
  );
}

function BadLink() {
  const { t } = useTranslation("auth");
  const form = useForm({
    initial: { email: "" },
    check: (values) => ({ email: addressProblem(values.email) }),
    refused: { email: t("problem.email") },
    send: async (values) => {
      await resend(values.email.trim());
      notify(t("sent.done"), { kind: "good" });
    },
  });
  return (
    <MessagePage art={<RoundIcon icon={MailX} look="bad" />} title={t("verify.bad")} text={t("verify.badText")}>
      <form {...form.form} className="grid w-full max-w-sm gap-4 text-left">
        <Problem text={form.problem} />
        <TextField label={t("field.email")} type="email" autoComplete="username" {...form.field("email")} />
        <Button type="submit" look="primary" wide busy={form.busy}>
          {t("forgot.submit")}
        </Button>
      </form>
    </MessagePage>
  );
}
