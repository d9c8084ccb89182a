import { useTranslation } from "react-i18next";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { moderate } from "./moderation";

/** Who is before the door, for hosts. */
export function WaitingList() {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const waiting = useCallState((state) => state.waiting);
  if (waiting.length === 0) return null;
  return (
    <section aria-label={t("waitingList.title")} className="mx-2 mb-3 rounded-2xl border border-line bg-raised/50 p-3">
      <div className="flex items-center justify-between gap-2">
        <h3 className="text-[15px]">{t("waitingList.count", { count: waiting.length })}</h3>
        {waiting.length > 1 && (
          <Button look="primary" onClick={() => moderate(call, { do: "admit", waiting: null }, t)}>
            {t("waitingList.admitAll")}
          </Button>
        )}
      </div>
      <ul className="mt-1 divide-y divide-line">
        {waiting.map(({ id, name, guest }) => (
          <li key={id} className="py-2">
            <div className="flex items-center gap-2.5">
              <Avatar name={name} size={32} />
              <span className="min-w-0 grow">
                <span className="block truncate font-medium">{name}</span>
                <span className="text-[13px] text-quiet">{t(guest ? "people.guest" : "people.account")}</span>
              </span>
            </div>
            <div className="mt-1.5 grid grid-cols-2 gap-2">
              <Button
                aria-label={t("waitingList.denyOne", { name })}
                onClick={() => moderate(call, { do: "deny", waiting: id }, t)}
              >
                {t("waitingList.deny")}
              </Button>
              <Button
                look="primary"
                aria-label={t("waitingList.admitOne", { name })}
                onClick={() => moderate(call, { do: "admit", waiting: id }, t)}
              >
                {t("waitingList.admit")}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
