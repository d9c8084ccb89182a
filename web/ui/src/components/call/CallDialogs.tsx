import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Action } from "../../client/call";
import type { CallWindow } from "../../client/callView";
import { useCallParts, useCallView } from "../../hooks/useCallContext";
import { ConfirmDialog } from "../ui/Dialog";
import { failureText } from "./failure";
import { SettingsDialog } from "./SettingsDialog";
import { ShortcutsDialog } from "./ShortcutsDialog";

/** What stands in front of the call when it is wanted. */
export function CallDialogs() {
  return (
    <>
      <SettingsDialog />
      <ShortcutsDialog />
      <Confirmation />
      <LeaveQuestion />
    </>
  );
}

function actionOf(window: CallWindow | null): Action | null {
  switch (window?.kind) {
    case "remove":
    case "ban":
    case "hand_over":
      return { do: window.kind, participant: window.participant };
    case "end":
      return { do: "end" };
    default:
      return null;
  }
}

/** Where Back would have left the call. */
function LeaveQuestion() {
  const { t } = useTranslation("call");
  const { call, ui } = useCallParts();
  return (
    <ConfirmDialog
      open={useCallView(({ window }) => window?.kind === "leave")}
      onClose={() => ui.closeWindow()}
      title={t("confirm.leave.title")}
      text={t("confirm.leave.text")}
      action={t("confirm.leave.action")}
      dangerous
      onConfirm={() => call.leave()}
    />
  );
}

/** Asks once more before what cannot be taken back. */
function Confirmation() {
  const { t } = useTranslation("call");
  const { call, ui } = useCallParts();
  const window = useCallView((state) => state.window);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const action = actionOf(window);
  const kind = action === null ? "end" : (action.do as "end" | "remove" | "ban" | "hand_over");
  const name = window !== null && "name" in window ? window.name : "";

  const close = (): void => {
    setProblem(null);
    ui.closeWindow();
  };
  const confirm = async (): Promise<void> => {
    if (action === null) return;
    setBusy(true);
    setProblem(null);
    try {
      await call.moderate(action);
      close();
    } catch (error) {
      setProblem(failureText(error, t));
    }
    setBusy(false);
  };
  return (
    <ConfirmDialog
      open={action !== null}
      onClose={close}
      title={t(`confirm.${kind}.title`, { name })}
      text={t(`confirm.${kind}.text`, { name })}
      action={t(`confirm.${kind}.action`)}
      dangerous={kind !== "hand_over"}
      busy={busy}
      problem={problem}
      onConfirm={() => void confirm()}
    />
  );
}
