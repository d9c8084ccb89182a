import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { bans, liftBan } from "../../api/rooms";
import type { RoomDetails } from "../../client/httpTypes";
import { useAttempt } from "../../hooks/useAttempt";
import { useLoaded } from "../../hooks/useLoaded";
import { currentLanguage } from "../../i18n/i18n";
import { nowSeconds, relativeTime } from "../../lib/time";
import { notify } from "../../notices/notices";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Problem } from "../ui/Problem";
import { Spinner } from "../ui/Spinner";

/** Who may not come into a room any more. */
export function BansPanel({ room }: { room: RoomDetails }) {
  const { t } = useTranslation(["lobby", "common"]);
  const { value, problem, reload } = useLoaded(useCallback(() => bans(room.id), [room.id]));
  const { busy, attempt } = useAttempt();
  const lift = (person: string, name: string): void =>
    attempt(async () => {
      await liftBan(room.id, person);
      reload();
      notify(t("lobby:bans.lifted", { name }), { kind: "good" });
    });
  return (
    <div className="grid gap-4">
      <Problem text={problem} />
      {value === null && problem === null && <Spinner label={t("common:loading")} />}
      {value?.length === 0 && <p className="text-[15px] text-quiet">{t("lobby:bans.none")}</p>}
      <ul className="divide-y divide-line">
        {value?.map(({ person_id, name, banned_at }) => (
          <li key={person_id} className="flex items-center gap-3 py-2">
            <Avatar name={name} size={38} />
            <div className="min-w-0 grow">
              <p className="truncate text-[15px] font-semibold">{name}</p>
              <p className="text-sm text-quiet">
                {t("lobby:bans.since", { when: relativeTime(banned_at, nowSeconds(), currentLanguage()) })}
              </p>
            </div>
            <Button busy={busy} onClick={() => lift(person_id, name)}>
              {t("lobby:bans.lift")}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
