import { MailPlus, Trash2 } from "lucide-react";
import { type ReactNode, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { dismissMember, invite, members, takeBackInvitation } from "../../api/rooms";
import type { RoomDetails } from "../../client/httpTypes";
import { useAttempt } from "../../hooks/useAttempt";
import { sendsMail, useConfig } from "../../hooks/useConfig";
import { useForm } from "../../hooks/useForm";
import { useLoaded } from "../../hooks/useLoaded";
import { currentLanguage } from "../../i18n/i18n";
import { notify } from "../../notices/notices";
import { addressProblem } from "../auth/checks";
import { roomLink } from "../call/invite";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { SelectField, TextField } from "../ui/Field";
import { IconButton } from "../ui/IconButton";
import { Problem } from "../ui/Problem";
import { Spinner } from "../ui/Spinner";
import { LinkField } from "./LinkField";

/** Who belongs to a room, and who is invited to. */
export function MembersPanel({ room }: { room: RoomDetails }) {
  const { t } = useTranslation(["lobby", "common"]);
  const { value, problem, reload } = useLoaded(useCallback(() => members(room.id), [room.id]));
  const { busy, attempt } = useAttempt();
  const act = (what: () => Promise<void>): void =>
    attempt(async () => {
      await what();
      reload();
    });
  return (
    <div className="grid gap-5">
      <InviteForm room={room} onInvited={reload} />
      <Problem text={problem} />
      {value === null && problem === null && <Spinner label={t("common:loading")} />}
      {value !== null && (
        <ul className="divide-y divide-line">
          {value.members.map(({ user_id, name, role }) => (
            <Line key={user_id} name={name} note={t(`lobby:role.${role}`)}>
              {role !== "owner" && (
                <IconButton
                  icon={Trash2}
                  label={t("lobby:members.remove", { name })}
                  look="ghost"
                  tooltipSide="left"
                  disabled={busy}
                  onClick={() => act(() => dismissMember(room.id, user_id))}
                />
              )}
            </Line>
          ))}
          {value.invited.map((email) => (
            <Line key={email} name={email} note={t("lobby:members.invited")}>
              <IconButton
                icon={Trash2}
                label={t("lobby:members.takeBack", { email })}
                look="ghost"
                tooltipSide="left"
                disabled={busy}
                onClick={() => act(() => takeBackInvitation(room.id, email))}
              />
            </Line>
          ))}
        </ul>
      )}
    </div>
  );
}

function Line({ name, note, children }: { name: string; note: string; children: ReactNode }) {
  return (
    <li className="flex items-center gap-3 py-2">
      <Avatar name={name} size={38} />
      <div className="min-w-0 grow">
        <p className="truncate text-[15px] font-semibold">{name}</p>
        <p className="text-sm text-quiet">{note}</p>
      </div>
      {children}
    </li>
  );
}

function InviteForm({ room, onInvited }: { room: RoomDetails; onInvited: () => void }) {
  const { t } = useTranslation(["lobby", "auth"]);
  const [role, setRole] = useState<"member" | "host">("member");
  const [invited, setInvited] = useState<{ email: string; link: string } | null>(null);
  const config = useConfig();
  const form = useForm({
    initial: { email: "" },
    check: (values) => ({ email: addressProblem(values.email) }),
    refused: { email: t("auth:problem.email") },
    send: async (values) => {
      const email = values.email.trim();
      // The server may be known by another name than the one that people come by.
      const { link, mailed } = await invite(room.id, email, role, currentLanguage());
      setInvited({ email, link: roomLink(room.code) + new URL(link).hash });
      notify(t(mailed ? "lobby:members.mailed" : "lobby:members.done", { email }), { kind: "good" });
      form.set("email", "");
      onInvited();
    },
  });
  return (
    <form {...form.form} className="grid gap-3">
      <p className="text-[15px] text-quiet">
        {t(sendsMail(config) ? "lobby:members.text" : "lobby:members.textNoMail")}
      </p>
      <Problem text={form.problem} />
      <div className="grid gap-3 sm:grid-cols-[1fr_9rem] sm:items-start">
        <TextField label={t("auth:field.email")} type="email" autoComplete="off" {...form.field("email")} />
        <SelectField
          label={t("lobby:members.as")}
          value={role}
          options={[
            { value: "member", label: t("lobby:role.member") },
            { value: "host", label: t("lobby:role.host") },
          ]}
          onChoose={setRole}
        />
      </div>
      <span>
        <Button type="submit" icon={MailPlus} busy={form.busy}>
          {t("lobby:members.invite")}
        </Button>
      </span>
      {invited !== null && <InvitationLink {...invited} />}
    </form>
  );
}

/** What to send to somebody who was invited. */
function InvitationLink({ email, link }: { email: string; link: string }) {
  const { t } = useTranslation("lobby");
  return <LinkField label={t("members.link", { email })} hint={t("members.linkHint")} link={link} />;
}
