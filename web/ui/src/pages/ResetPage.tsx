import { BadgeCheck, KeyRound, MailX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { reset } from "../api/auth";
import { ApiError } from "../client/http";
import { session } from "../api/session";
import { newPasswordProblem } from "../components/auth/checks";
import { LogInNext } from "../components/auth/LogInNext";
import { PasswordMeter } from "../components/auth/PasswordMeter";
import { MessagePage } from "../components/MessagePage";
import { RoundIcon } from "../components/RoundIcon";
import { Button } from "../components/ui/Button";
import { PasswordField } from "../components/ui/Field";
import { Problem } from "../components/ui/Problem";
import { openAuth } from "../hooks/useAuthDialog";
import { useForm } from "../hooks/useForm";
import { useFragmentToken } from "../hooks/useFragmentToken";

/** Where the link of somebody who forgot the password leads. */
export function ResetPage() {
  const { t } = useTranslation("auth");
  const token = useFragmentToken();
  const [done, setDone] = useState(false);
  const [bad, setBad] = useState(token === null);
  const form = useForm({
    initial: { password: "" },
    check: (values) => ({ password: newPasswordProblem(values.password) }),
    refused: { password: t("problem.passwordRefused") },
    send: async (values) => {
      try {
        await reset(token ?? "", values.password);
      } catch (error) {
        if (!(error instanceof ApiError) || error.code !== "bad_token") throw error;
        setBad(true);
        return;
      }
      // Every log-in ended with the old password, this browser's too.
      session.end();
      setDone(true);
    },
  });
  if (done) {
    return (
      <MessagePage art={<RoundIcon icon={BadgeCheck} />} title={t("reset.done")} text={t("reset.doneText")}>
        <LogInNext />
      </MessagePage>
    );
  }
  if (bad) {
    return (
      <MessagePage art={<RoundIcon icon={MailX} look="bad" />} title={t("reset.bad")} text={t("reset.badText")}>
        <Button look="primary" onClick={() => openAuth("forgot")}>
          {t("forgot.submit")}
        </Button>
      </MessagePage>
    );
  }
  return (
    <MessagePage art={<RoundIcon icon={KeyRound} />} title={t("reset.title")} text={t("reset.text")} home={false}>
      <form {...form.form} className="grid w-full max-w-sm gap-4 text-left">
        <Problem text={form.problem} />
        <PasswordField
          label={t("field.newPassword")}
          autoComplete="new-password"
          {...form.field("password")}
          hint={<PasswordMeter password={form.values.password} known={[]} />}
        />
        <Button type="submit" look="primary" size="lg" wide busy={form.busy}>
          {t("reset.submit")}
        </Button>
      </form>
    </MessagePage>
  );
}
