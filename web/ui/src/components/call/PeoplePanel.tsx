import { Link, MicOff, Search } from "lucide-react";
import { useCallback, useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CallState, Participant } from "../../client/state";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { sameItems } from "../../hooks/useSelector";
import { Part } from "../Part";
import { Button } from "../ui/Button";
import { SwitchField } from "../ui/Switch";
import { copyLink } from "./invite";
import { moderate } from "./moderation";
import { PersonRow } from "./PersonRow";
import { WaitingList } from "./WaitingList";

export function PeoplePanel() {
  const { t } = useTranslation("call");
  const { code } = useCallParts();
  const host = useCallState(({ rights }) => rights.moderate);
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search);
  const found = useCallState(
    useCallback((state: CallState) => listOf(state, wanted), [wanted]),
    sameItems,
  );
  return (
    <div className="flex min-h-0 grow flex-col">
      <div className="grid gap-3 px-4 pb-3">
        <label className="people-search">
          <Search aria-hidden size={18} className="shrink-0 text-quiet" />
          <input
            type="search"
            aria-label={t("people.search")}
            placeholder={t("people.search")}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </label>
        <Button icon={Link} onClick={() => void copyLink(code, t)}>
          {t("invite.copy")}
        </Button>
        {host && <HostControls />}
      </div>
      <div className="min-h-0 grow overflow-y-auto overscroll-contain px-2 pb-4" tabIndex={-1}>
        {host && <WaitingList />}
        <ul aria-label={t("people.title")}>
          {found.map(({ id }) => (
            <Part key={id} element="li">
              <PersonRow id={id} />
            </Part>
          ))}
        </ul>
        {found.length === 0 && (
          <p role="status" className="px-4 py-8 text-center text-quiet">
            {t("people.none", { search: wanted })}
          </p>
        )}
      </div>
    </div>
  );
}

/** Oneself, then who has a hand up, longest first, then hosts, then the others by name. */
export function listOf(state: CallState, search: string): { id: string }[] {
  const { participants, you, hands } = state;
  const words = search.trim().toLocaleLowerCase();
  const rank = ({ id, host }: Participant): number => {
    if (id === you) return -1;
    const hand = hands.indexOf(id);
    if (hand >= 0) return hand;
    return hands.length + (host ? 0 : 1);
  };
  return participants
    .filter(({ name }) => name.toLocaleLowerCase().includes(words))
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name))
    .map(({ id }) => ({ id }));
}

/** What hosts do to everyone. */
function HostControls() {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const locked = useCallState(({ room }) => room?.locked ?? false);
  return (
    <>
      <Button icon={MicOff} onClick={() => moderate(call, { do: "mute_all", source: "microphone" }, t)}>
        {t("people.muteAll")}
      </Button>
      <SwitchField
        label={t("people.lock")}
        hint={t("people.lockHint")}
        checked={locked}
        onChange={(wanted) => moderate(call, { do: "lock", locked: wanted }, t)}
      />
    </>
  );
}
