import { useTranslation } from "react-i18next";
import { useCallState } from "../../hooks/useCallContext";
import { Spinner } from "../ui/Spinner";

/** The connection is gone, and being brought back; it says so without moving anything. */
export function Reconnecting() {
  const { t } = useTranslation("call");
  const lost = useCallState(({ phase }) => phase === "reconnecting");
  return (
    <div role="status" className="reconnecting">
      {lost && (
        <p>
          <Spinner size={18} />
          {t("reconnecting")}
        </p>
      )}
    </div>
  );
}
