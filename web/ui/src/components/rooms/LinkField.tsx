import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCopy } from "../../hooks/useCopy";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";

interface LinkFieldProps {
  label: string;
  hint?: string;
  link: string;
  /** Whether copying it is the main thing to do here. */
  primary?: boolean;
}

/** A link to send to somebody, and a button that copies it. */
export function LinkField({ label, hint, link, primary = false }: LinkFieldProps) {
  const { t } = useTranslation("common");
  const { copied, copy } = useCopy();
  return (
    <Field label={label} hint={hint}>
      {(control) => (
        <div className="flex gap-2">
          <input
            {...control}
            readOnly
            value={link}
            onFocus={(event) => event.target.select()}
            className="min-h-12 min-w-0 grow rounded-control border border-edge bg-page px-3.5"
          />
          <Button
            {...(primary ? { size: "lg", look: "primary" } : {})}
            icon={copied ? Check : Copy}
            onClick={() => copy(link)}
          >
            {copied ? t("action.copied") : t("action.copy")}
          </Button>
        </div>
      )}
    </Field>
  );
}
