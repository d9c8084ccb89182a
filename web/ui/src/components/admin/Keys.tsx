import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as admin from "../../api/admin";
import type { AdminKey } from "../../client/httpTypes";
import { useAttempt } from "../../hooks/useAttempt";
import { useDates } from "../../hooks/useDates";
import { useLoaded } from "../../hooks/useLoaded";
import { pathOf } from "../../lib/base";
import { nowSeconds } from "../../lib/time";
import { notify } from "../../notices/notices";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { ConfirmDialog } from "../ui/Dialog";
import { IconButton } from "../ui/IconButton";
import { Problem } from "../ui/Problem";
import { Spinner } from "../ui/Spinner";
import { NewKeyDialog } from "./NewKeyDialog";

/** Keys by which programs use the API. */
export function Keys() {
  const { t } = useTranslation("admin");
  const { value, problem, reload } = useLoaded(admin.keys);
  const [making, setMaking] = useState(false);
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="min-w-0 text-[15px] text-quiet">
          {t("keys.text")}{" "}
          <a href={pathOf("/api/docs")} className="rounded-md underline underline-offset-4 hover:text-text">
            {t("keys.docs")}
          </a>
        </p>
        <Button look="primary" icon={Plus} onClick={() => setMaking(true)}>
          {t("keys.new")}
        </Button>
      </div>
      <Problem text={problem} />
      {value === null && problem === null && <Spinner />}
      {value?.length === 0 && <p className="py-6 text-center text-quiet">{t("keys.none")}</p>}
      <ul className="mt-2 divide-y divide-line">
        {value?.map((key) => (
          <Key key={key.id} value={key} onRevoked={reload} />
        ))}
      </ul>
      {making && <NewKeyDialog onClose={() => setMaking(false)} onMade={reload} />}
    </Card>
  );
}

function Key({ value, onRevoked }: { value: AdminKey; onRevoked: () => void }) {
  const { t } = useTranslation("admin");
  const { day } = useDates();
  const { busy, attempt } = useAttempt();
  const [asked, setAsked] = useState(false);
  const { name, owner, expires_at: end, last_used_at: used } = value;
  const facts = [
    owner ?? t("keys.operator"),
    used === null ? t("keys.unused") : t("keys.used", { when: day(used) }),
    end === null ? null : t(end <= nowSeconds() ? "keys.expired" : "keys.expires", { when: day(end) }),
  ].filter((fact) => fact !== null);
  const revoke = (): void =>
    attempt(async () => {
      await admin.revokeKey(value.id);
      setAsked(false);
      notify(t("keys.revoked"), { kind: "good" });
      onRevoked();
    });
  return (
    <li className="flex items-center justify-between gap-3 py-2.5">
      <div className="min-w-0">
        <p className="font-semibold break-words">{name}</p>
        <p className="font-mono text-sm break-words">{value.scopes.join(", ")}</p>
        <p className="text-sm text-quiet">{facts.join(" · ")}</p>
      </div>
      <IconButton
        icon={Trash2}
        label={t("keys.revokeName", { name })}
        look="ghost"
        tooltipSide="left"
        onClick={() => setAsked(true)}
      />
      <ConfirmDialog
        open={asked}
        onClose={() => setAsked(false)}
        title={t("keys.revoke")}
        text={t("keys.revokeText", { name })}
        action={t("keys.revoke")}
        dangerous
        busy={busy}
        onConfirm={revoke}
      />
    </li>
  );
}
