import { useTranslation } from "react-i18next";
import { findReceiver, receiverKey, receiverOf, receivers } from "../../client/receiver";
import { useCallParts, useCallState, useCallView } from "../../hooks/useCallContext";
import { sameItems } from "../../hooks/useSelector";

/** Who will read what is being written. */
export interface DraftReceiver {
  /** The participant that they are now; null: everyone, or, if `gone`, nobody. */
  to: string | null;
  /** Chosen, and not in the call: nobody gets it until the writer chooses another, or they are back. */
  gone: boolean;
}

export function useDraftReceiver(): DraftReceiver {
  const chosen = useCallView(({ draft }) => draft.to);
  const to = useCallState((state) => (chosen === null ? null : (findReceiver(state, chosen)?.id ?? null)));
  return { to, gone: chosen !== null && to === null };
}

/** Stands in the list for the one who was chosen and is not in the call. */
const GONE = "gone";

/** Who gets the message: everyone, or one person. */
export function ReceiverChoice({ receiver: { to, gone } }: { receiver: DraftReceiver }) {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const chosen = useCallView(({ draft }) => draft.to);
  const others = useCallState(receivers, sameItems);
  const current = useCallState(({ participants }) => participants.find(({ id }) => id === to));
  const key = current === undefined ? "" : receiverKey(receiverOf(current));
  const name = chosen?.name ?? "";
  return (
    <>
      <select
        aria-label={t("chat.to")}
        className="chat-to"
        data-personal={chosen === null ? undefined : true}
        value={gone ? GONE : key}
        onChange={(event) => {
          const { value } = event.target;
          const one = others.find((other) => receiverKey(other) === value);
          // Somebody may have left while the list was open: that doesn't make it a message to everyone.
          if (one !== undefined || value === "") ui.chooseReceiver(one ?? null);
        }}
      >
        <option value="">{t("chat.toAll")}</option>
        {gone && <option value={GONE}>{t("chat.toGone", { name })}</option>}
        {others.map((one) => (
          <option key={receiverKey(one)} value={receiverKey(one)}>
            {t("chat.toOne", { name: one.name })}
          </option>
        ))}
      </select>
      {gone && (
        <p role="alert" className="text-sm font-medium text-warm">
          {t("chat.gone", { name })}
        </p>
      )}
    </>
  );
}
