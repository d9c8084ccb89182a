import { LogOut, MonitorSmartphone, Smartphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { endLogIn, endOtherLogIns } from "../../api/auth";
import type { LogIn } from "../../client/httpTypes";
import { useAttempt } from "../../hooks/useAttempt";
import { currentLanguage } from "../../i18n/i18n";
import { nowSeconds, relativeTime } from "../../lib/time";
import { describeAgent, isHandheld } from "../../lib/userAgent";
import { notify } from "../../notices/notices";
import { Button } from "../ui/Button";
import { Section } from "../ui/Card";
import { IconButton } from "../ui/IconButton";
import { Spinner } from "../ui/Spinner";

interface SessionsSectionProps {
  /** null: not known yet. */
  logIns: readonly LogIn[] | null;
  onChanged: () => void;
}

/** Where somebody is logged in. */
export function SessionsSection({ logIns, onChanged }: SessionsSectionProps) {
  const { t } = useTranslation(["profile", "common"]);
  const { busy, attempt } = useAttempt();
  const end = (what: () => Promise<void>): void =>
    attempt(async () => {
      await what();
      onChanged();
      notify(t("profile:sessions.ended"), { kind: "good" });
    });
  return (
    <Section title={t("profile:sessions.title")} text={t("profile:sessions.text")}>
      {logIns === null ? (
        <Spinner label={t("common:loading")} />
      ) : (
        <ul className="divide-y divide-line">
          {logIns.map((logIn) => (
            <Row key={logIn.id} logIn={logIn} busy={busy} onEnd={() => end(() => endLogIn(logIn.id))} />
          ))}
        </ul>
      )}
      {logIns !== null && logIns.length > 1 && (
        <div className="mt-4">
          <Button icon={LogOut} busy={busy} onClick={() => end(endOtherLogIns)}>
            {t("profile:sessions.endOthers")}
          </Button>
        </div>
      )}
    </Section>
  );
}

function Row({ logIn, busy, onEnd }: { logIn: LogIn; busy: boolean; onEnd: () => void }) {
  const { t } = useTranslation("profile");
  const { browser, system } = describeAgent(logIn.user_agent);
  const name =
    browser !== null && system !== null
      ? t("sessions.agent", { browser, system })
      : (browser ?? system ?? t("sessions.unknown"));
  const used = relativeTime(logIn.last_used_at, nowSeconds(), currentLanguage());
  const Icon = isHandheld(logIn.user_agent) ? Smartphone : MonitorSmartphone;
  return (
    <li className="flex items-center gap-4 py-2.5">
      <Icon aria-hidden size={22} className="shrink-0 text-quiet" />
      <div className="min-w-0 grow">
        <p className="truncate text-[15px] font-semibold">{name}</p>
        <p className="truncate text-sm text-quiet">
          {logIn.current ? t("sessions.here") : t("sessions.used", { when: used })} · {logIn.address}
        </p>
      </div>
      {!logIn.current && (
        <IconButton
          icon={LogOut}
          label={t("sessions.end", { name })}
          look="ghost"
          tooltipSide="left"
          disabled={busy}
          onClick={onEnd}
        />
      )}
    </li>
  );
}
