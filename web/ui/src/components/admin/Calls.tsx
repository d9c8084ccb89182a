import { PhoneOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import * as admin from "../../api/admin";
import type { AdminPerson, AdminRoom } from "../../client/httpTypes";
import { useAttempt } from "../../hooks/useAttempt";
import { useLoaded } from "../../hooks/useLoaded";
import { bitrateText } from "../../lib/bitrate";
import { notify } from "../../notices/notices";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { ConfirmDialog } from "../ui/Dialog";
import { Problem } from "../ui/Problem";
import { Spinner } from "../ui/Spinner";

const POLL_MS = 3000;

/** The calls at this moment, the largest first. */
export function Calls() {
  const { t } = useTranslation("admin");
  const { value, problem, reload } = useLoaded(admin.rooms);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <div className="grid gap-4">
      <Problem text={problem} />
      {value === null && problem === null && <Spinner />}
      {value?.length === 0 && <p className="py-6 text-center text-quiet">{t("calls.none")}</p>}
      {value?.map((room) => (
        <Room key={room.id} room={room} onEnded={reload} />
      ))}
    </div>
  );
}

function Room({ room, onEnded }: { room: AdminRoom; onEnded: () => void }) {
  const { t } = useTranslation("admin");
  const [asked, setAsked] = useState(false);
  const [open, setOpen] = useState(false);
  const { busy, attempt } = useAttempt();
  const name = room.title === "" ? t("calls.untitled", { code: room.code }) : room.title;
  const facts = [
    t("calls.people", { count: room.people }),
    room.waiting > 0 ? t("calls.waiting", { count: room.waiting }) : null,
    room.poor > 0 ? t("calls.poor", { count: room.poor }) : null,
    room.received === null || room.sent === null
      ? null
      : t("calls.rates", { received: bitrateText(room.received), sent: bitrateText(room.sent) }),
  ].filter((fact) => fact !== null);
  const end = (): void =>
    attempt(async () => {
      await admin.endCall(room.id);
      notify(t("calls.ended"), { kind: "good" });
      setAsked(false);
      onEnded();
    });
  return (
    <Card>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-lg break-words">{name}</h2>
          <p className="text-[15px] text-quiet tabular-nums">{facts.join(" · ")}</p>
        </div>
        <Button icon={PhoneOff} onClick={() => setAsked(true)}>
          {t("calls.end")}
        </Button>
      </div>
      <details className="mt-3" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="cursor-pointer rounded-md text-[15px] font-semibold">{t("calls.more", { name })}</summary>
        {open && <People id={room.id} />}
      </details>
      <ConfirmDialog
        open={asked}
        onClose={() => setAsked(false)}
        title={`${t("calls.end")}: ${name}`}
        text={t("calls.endText")}
        action={t("calls.end")}
        dangerous
        busy={busy}
        onConfirm={end}
      />
    </Card>
  );
}

function People({ id }: { id: string }) {
  const [ask] = useState(() => () => admin.room(id));
  const { value, problem, reload } = useLoaded(ask);
  useEffect(() => {
    const timer = setInterval(reload, POLL_MS);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <>
      <Problem text={problem} />
      <ul className="mt-2 divide-y divide-line">
        {value?.participants.map((person) => (
          <Person key={person.id} person={person} />
        ))}
      </ul>
    </>
  );
}

function Person({ person }: { person: AdminPerson }) {
  const { t } = useTranslation("admin");
  const quality = person.quality === "lost" ? "lost" : person.quality === "poor" ? "poor" : "good";
  const facts = [
    person.host ? t("calls.host") : person.guest ? t("calls.guest") : null,
    t(`calls.quality.${quality}`),
    person.received === null || person.sent === null
      ? null
      : t("calls.rates", { received: bitrateText(person.received), sent: bitrateText(person.sent) }),
  ].filter((fact) => fact !== null);
  return (
    <li className="flex flex-wrap justify-between gap-x-4 py-2 text-[15px]">
      <span className="min-w-0 font-medium break-words">{person.name}</span>
      <span className="text-quiet tabular-nums">{facts.join(" · ")}</span>
    </li>
  );
}
