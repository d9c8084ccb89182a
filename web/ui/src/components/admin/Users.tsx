import { Ban, Ellipsis, ShieldCheck, ShieldOff, Trash2, Undo2 } from "lucide-react";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import * as admin from "../../api/admin";
import type { AdminUser } from "../../client/httpTypes";
import { useAttempt } from "../../hooks/useAttempt";
import { useDates } from "../../hooks/useDates";
import { useLoaded } from "../../hooks/useLoaded";
import { notify } from "../../notices/notices";
import { Card } from "../ui/Card";
import { ConfirmDialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuItem, MenuSeparator } from "../ui/Menu";
import { Problem } from "../ui/Problem";
import { Spinner } from "../ui/Spinner";

/** All accounts; `you`: one's own, which others have to change. */
export function Users({ you }: { you: string }) {
  const { t } = useTranslation("admin");
  const [text, setText] = useState("");
  const ask = useCallback(() => admin.users(text.trim()), [text]);
  const { value, problem, reload } = useLoaded(ask);
  return (
    <Card>
      <TextField
        type="search"
        label={t("users.search")}
        value={text}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      <p aria-live="polite" className="mt-3 min-h-6 text-sm text-quiet">
        {value !== null && (value.count === 0 ? t("users.none") : t("users.count", { count: value.count }))}
      </p>
      <Problem text={problem} />
      {value === null && problem === null && <Spinner />}
      <ul className="divide-y divide-line">
        {value?.users.map((user) => (
          <User key={user.id} user={user} isYou={user.id === you} onChanged={reload} />
        ))}
      </ul>
    </Card>
  );
}

function User({ user, isYou, onChanged }: { user: AdminUser; isYou: boolean; onChanged: () => void }) {
  const { t } = useTranslation("admin");
  const { day } = useDates();
  const { busy, attempt } = useAttempt();
  const [deleting, setDeleting] = useState(false);
  const change = (what: () => Promise<void>): void =>
    attempt(async () => {
      await what();
      setDeleting(false);
      notify(t("users.changed"), { kind: "good" });
      onChanged();
    });
  const facts = [
    isYou ? t("users.you") : null,
    user.administrator ? t("users.administrator") : null,
    user.disabled ? t("users.disabled") : null,
    user.verified ? null : t("users.unverified"),
    day(user.created_at),
  ].filter((fact) => fact !== null);
  return (
    <li className="flex items-center justify-between gap-3 py-2.5">
      <div className="min-w-0">
        <p className="font-semibold break-words">{user.name}</p>
        <p className="text-sm break-all text-quiet">{user.email}</p>
        <p className="text-sm text-quiet">{facts.join(" · ")}</p>
      </div>
      {!isYou && <UserMenu user={user} onChange={change} onDelete={() => setDeleting(true)} />}
      <ConfirmDialog
        open={deleting}
        onClose={() => setDeleting(false)}
        title={t("users.delete")}
        text={t("users.deleteText", { name: user.name })}
        action={t("users.delete")}
        dangerous
        busy={busy}
        onConfirm={() => change(() => admin.deleteUser(user.id))}
      />
    </li>
  );
}

interface UserMenuProps {
  user: AdminUser;
  onChange: (what: () => Promise<void>) => void;
  onDelete: () => void;
}

function UserMenu({ user, onChange, onDelete }: UserMenuProps) {
  const { t } = useTranslation("admin");
  return (
    <Menu trigger={<IconButton icon={Ellipsis} label={t("users.more", { name: user.name })} look="ghost" />}>
      {user.disabled ? (
        <MenuItem icon={Undo2} onSelect={() => onChange(() => admin.enable(user.id))}>
          {t("users.enable")}
        </MenuItem>
      ) : (
        <MenuItem icon={Ban} onSelect={() => onChange(() => admin.disable(user.id))}>
          {t("users.disable")}
        </MenuItem>
      )}
      <MenuItem
        icon={user.administrator ? ShieldOff : ShieldCheck}
        onSelect={() => onChange(() => admin.setAdministrator(user.id, !user.administrator))}
      >
        {t(user.administrator ? "users.demote" : "users.promote")}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={Trash2} dangerous onSelect={onDelete}>
        {t("users.delete")}
      </MenuItem>
    </Menu>
  );
}
