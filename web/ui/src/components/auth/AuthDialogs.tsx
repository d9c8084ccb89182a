import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sendsMail, useConfig } from "../../hooks/useConfig";
import { type AuthView, closeAuth, useAuthDialog } from "../../hooks/useAuthDialog";
import { Dialog } from "../ui/Dialog";
import { ForgotForm } from "./ForgotForm";
import { LogInForm } from "./LogInForm";
import { isMailed, MailSent, type SentMail } from "./MailSent";
import { RegisterForm } from "./RegisterForm";

/** Log-in, registration and the forgotten password, in one dialog that goes from one to the other. */
export function AuthDialogs() {
  const { t } = useTranslation("auth");
  const { view, email } = useAuthDialog();
  const [sent, setSent] = useState<SentMail | null>(null);
  // What is shown while it goes away.
  const [last, setLast] = useState<AuthView>("login");
  if (view !== null && view !== last) setLast(view);
  const close = (): void => {
    closeAuth();
    setSent(null);
  };
  const config = useConfig();
  const titles = { login: t("login.title"), register: t("register.title"), forgot: t("forgot.title") };
  const texts = {
    login: t("login.text"),
    register: t("register.text"),
    forgot: t(sendsMail(config) ? "forgot.text" : "forgot.textNoMail"),
  };
  return (
    <Dialog
      open={view !== null}
      onClose={close}
      title={sent === null ? titles[last] : t(isMailed(sent, config) ? "sent.title" : "sent.titleNoMail")}
      description={sent === null ? texts[last] : undefined}
    >
      {sent !== null && <MailSent mail={sent} onBack={() => setSent(null)} />}
      {sent === null && last === "login" && (
        <LogInForm email={email} onDone={close} onSent={(address) => setSent({ kind: "verify", address })} />
      )}
      {sent === null && last === "register" && (
        <RegisterForm email={email} onSent={(address) => setSent({ kind: "verify", address })} onDone={close} />
      )}
      {sent === null && last === "forgot" && (
        <ForgotForm email={email} onSent={(address) => setSent({ kind: "reset", address })} />
      )}
    </Dialog>
  );
}
