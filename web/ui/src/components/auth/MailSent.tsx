import { MailCheck, ScrollText } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { forgot, resend } from "../../api/auth";
import type { Config } from "../../client/httpTypes";
import { sendsMail, useConfig } from "../../hooks/useConfig";
import { errorText } from "../../i18n/errors";
import { notify } from "../../notices/notices";
import { Button } from "../ui/Button";

export interface SentMail {
  kind: "verify" | "reset";
  address: string;
}

/** Registrations wait for a mail only where there are mails; the answer to a forgotten password is always the same. */
export const isMailed = (mail: SentMail, config: Config | null): boolean => mail.kind === "verify" || sendsMail(config);

/** Mails take a moment; asking again at once would only be refused. */
const AGAIN_SECONDS = 30;

/** A mail is on its way, and can be asked for once more; or its link is in the server's log. */
export function MailSent({ mail, onBack }: { mail: SentMail; onBack: () => void }) {
  const { t } = useTranslation("auth");
  const sent = isMailed(mail, useConfig());
  const [wait, restart] = useCountdown(AGAIN_SECONDS);
  const [busy, setBusy] = useState(false);
  const again = (): void => {
    setBusy(true);
    (mail.kind === "verify" ? resend : forgot)(mail.address)
      .then(
        () => notify(t("sent.done"), { kind: "good" }),
        (error: unknown) => notify(errorText(error), { kind: "bad" }),
      )
      .finally(() => {
        setBusy(false);
        restart();
      });
  };
  return (
    <div className="grid justify-items-center gap-4 text-center">
      <span className="grid size-18 place-items-center rounded-full bg-accent-soft text-accent">
        {sent ? <MailCheck aria-hidden size={34} /> : <ScrollText aria-hidden size={34} />}
      </span>
      <p className="text-[17px] break-words" role="status">
        {t(sent ? `sent.${mail.kind}` : "sent.logged", { address: mail.address })}
      </p>
      {sent && <p className="text-[15px] text-quiet">{t("sent.spam")}</p>}
      <div className="mt-2 flex flex-wrap justify-center gap-3">
        <Button onClick={onBack}>{t("sent.back")}</Button>
        {sent && (
          <Button busy={busy} disabled={busy || wait > 0} onClick={again}>
            {wait > 0 ? t("sent.againIn", { count: wait }) : t("sent.again")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Seconds that are left, and a way to begin anew. */
function useCountdown(seconds: number): [number, () => void] {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, () => setLeft(seconds)];
}
