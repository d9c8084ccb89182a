import { useTranslation } from "react-i18next";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { Button } from "../ui/Button";

/** The server can be reached and its media relay can't: says what to ask of the network. The chat goes on meanwhile. */
export function MediaBlocked() {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const ways = useCallState(({ mediaBlocked }) => mediaBlocked);
  const named = (ways ?? []).map(({ turn, by, place }) =>
    turn ? t("mediaBlocked.turn", { server: place, by }) : t("mediaBlocked.way", { place, by }),
  );
  return (
    <div role="alert" className="reconnecting">
      {ways !== null && (
        <div className="media-blocked">
          <p>{t("mediaBlocked.title")}</p>
          <p>
            {named.length > 0
              ? t("mediaBlocked.text", { count: named.length, ways: named.join("; ") })
              : t("mediaBlocked.unknown")}
          </p>
          <Button look="secondary" onClick={() => call.retryMedia()}>
            {t("mediaBlocked.retry")}
          </Button>
        </div>
      )}
    </div>
  );
}
