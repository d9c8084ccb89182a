import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as admin from "../../api/admin";
import type { Scope } from "../../api/admin";
import { useForm } from "../../hooks/useForm";
import { nowSeconds } from "../../lib/time";
import { LinkField } from "../rooms/LinkField";
import { Button } from "../ui/Button";
import { Dialog, DialogCancel } from "../ui/Dialog";
import { SelectField, TextField } from "../ui/Field";
import { Problem } from "../ui/Problem";

/** What a key may be good for, in the order in which it is offered, each with its text. */
export const SCOPES = {
  rooms: "keys.scope.rooms",
  join: "keys.scope.join",
  "users.read": "keys.scope.usersRead",
  "users.write": "keys.scope.usersWrite",
  "calls.read": "keys.scope.callsRead",
  "calls.write": "keys.scope.callsWrite",
  "server.read": "keys.scope.serverRead",
} as const satisfies Record<Scope, string>;

const DAY_SECONDS = 86_400;

/** In days; empty: for ever. */
const LIFETIMES = ["30", "90", "365", ""] as const;

/** Makes a key, and shows it once. */
export function NewKeyDialog({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const { t } = useTranslation("admin");
  const [token, setToken] = useState<string | null>(null);
  if (token === null) {
    return (
      <NewKey
        onClose={onClose}
        onMade={(made) => {
          setToken(made);
          onMade();
        }}
      />
    );
  }
  return (
    <Dialog open onClose={onClose} title={t("keys.made")} description={t("keys.madeText")}>
      <LinkField label={t("keys.token")} link={token} primary />
    </Dialog>
  );
}

function NewKey({ onClose, onMade }: { onClose: () => void; onMade: (token: string) => void }) {
  const { t } = useTranslation(["admin", "common"]);
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set());
  const form = useForm({
    initial: { name: "", days: "365", scopes: "" },
    check: ({ name }) => ({
      ...(name.trim() === "" ? { name: t("admin:keys.nameMissing") } : {}),
      ...(scopes.size === 0 ? { scopes: t("admin:keys.scopesMissing") } : {}),
    }),
    refused: { name: t("admin:keys.nameMissing") },
    send: async ({ name, days }) => {
      const end = days === "" ? null : nowSeconds() + Number(days) * DAY_SECONDS;
      onMade(await admin.makeKey({ name: name.trim(), scopes: [...scopes], expires_at: end }));
    },
  });
  const toggle = (scope: Scope): void => {
    setScopes(
      (before) => new Set(before.has(scope) ? [...before].filter((each) => each !== scope) : [...before, scope]),
    );
    form.set("scopes", "");
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("admin:keys.new")}
      description={t("admin:keys.newText")}
      footer={
        <>
          <DialogCancel />
          <Button type="submit" form="new-key" look="primary" busy={form.busy}>
            {t("admin:keys.make")}
          </Button>
        </>
      }
    >
      <form id="new-key" className="grid gap-4" {...form.form}>
        <Problem text={form.problem} />
        <TextField
          label={t("admin:keys.name")}
          hint={t("admin:keys.nameHint")}
          maxLength={100}
          autoComplete="off"
          {...form.field("name")}
        />
        <ScopeList chosen={scopes} error={form.field("scopes").error} onToggle={toggle} />
        <SelectField
          label={t("admin:keys.lifetime")}
          value={form.values.days}
          options={LIFETIMES.map((days) => ({
            value: days,
            label: days === "" ? t("admin:keys.forEver") : t("admin:keys.days", { count: Number(days) }),
          }))}
          onChoose={(days) => form.set("days", days)}
        />
      </form>
    </Dialog>
  );
}

interface ScopeListProps {
  chosen: ReadonlySet<Scope>;
  error: string | null;
  onToggle: (scope: Scope) => void;
}

function ScopeList({ chosen, error, onToggle }: ScopeListProps) {
  const { t } = useTranslation("admin");
  return (
    <fieldset className="min-w-0">
      <legend className="mb-2 text-sm font-semibold">{t("keys.scopes")}</legend>
      {error !== null && (
        <p role="alert" className="mb-2 text-sm font-medium text-danger">
          {error}
        </p>
      )}
      <div className="grid gap-2">
        {(Object.keys(SCOPES) as Scope[]).map((scope) => (
          <label
            key={scope}
            className="flex min-h-11 items-center gap-3 rounded-control border border-edge px-3.5 py-1.5 transition-colors duration-150 hover:bg-raised has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-3 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="checkbox"
              checked={chosen.has(scope)}
              aria-invalid={error !== null}
              onChange={() => onToggle(scope)}
              className="size-4.5 shrink-0 accent-(--accent) outline-none"
            />
            <span className="min-w-0">
              <span className="block text-[15px] font-semibold">{t(SCOPES[scope])}</span>
              <span className="block font-mono text-sm text-quiet">{scope}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
