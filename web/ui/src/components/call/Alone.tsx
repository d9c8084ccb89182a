import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCallParts } from "../../hooks/useCallContext";
import { Button } from "../ui/Button";
import { copyLink, roomLink } from "./invite";

/** While nobody else is in the room: how to get them there. */
export function Alone() {
  const { t } = useTranslation("call");
  const { code } = useCallParts();
  const [copied, setCopied] = useState(false);
  return (
    <div className="alone">
      <h2 className="text-lg">{t("alone.title")}</h2>
      <p className="mt-1 text-[15px] text-quiet">{t("alone.text")}</p>
      <p className="mt-3 rounded-control bg-raised px-3 py-2.5 text-sm break-all select-all">{roomLink(code)}</p>
      <div className="mt-3">
        <Button
          look="primary"
          wide
          icon={copied ? Check : Copy}
          onClick={() => void copyLink(code, t).then((done) => setCopied(done))}
        >
          {copied ? t("alone.copied") : t("alone.copy")}
        </Button>
      </div>
    </div>
  );
}
