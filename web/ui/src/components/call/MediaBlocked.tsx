import { useTranslation } from "react-i18next";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { Button } from "../ui/Button";

/** The server can be reached and its media relay can't: says what to ask of the network. The chat goes on meanwhile. */
export function MediaBlocked() {
  const { t } = useTranslation("call");
  const { call } = useCallParts();
  const relay = useCallState(({ mediaBlocked }) => mediaBlocked);
  return (
    <div role="alert" className="reconnecting">
      {relay !== null && (
        <div className="media-blocked">
          <p>{t("mediaBlocked.title")}</p>
          <p>{relay.length > 0 ? t("mediaBlocked.text", { relay: relay.join(", ") }) : t("mediaBlocked.unknown")}</p>
          <Button look="secondary" onClick={() => call.retryMedia()}>
            {t("mediaBlocked.retry")}
          </Button>
        </div>
      )}
    </div>
  );
}
