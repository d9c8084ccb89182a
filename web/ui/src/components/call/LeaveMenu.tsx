import { ChevronUp, CircleStop, PhoneOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCallParts, useCallState } from "../../hooks/useCallContext";
import { Menu, MenuItem } from "../ui/Menu";

/** Hosts may also end the call for everyone. */
export function LeaveMenu() {
  const { t } = useTranslation("call");
  const { call, ui } = useCallParts();
  const host = useCallState(({ rights }) => rights.moderate);
  if (!host) return null;
  return (
    <Menu
      side="top"
      trigger={
        <button type="button" className="split-more" aria-label={t("bar.leaveOptions")}>
          <ChevronUp aria-hidden size={18} />
        </button>
      }
    >
      <MenuItem icon={PhoneOff} onSelect={() => call.leave()}>
        {t("bar.leaveOnly")}
      </MenuItem>
      <MenuItem icon={CircleStop} dangerous onSelect={() => ui.open("end")}>
        {t("bar.end")}
      </MenuItem>
    </Menu>
  );
}
