import { useTranslation } from "react-i18next";
import { useCallParts, useCallView } from "../../hooks/useCallContext";
import { Dialog } from "../ui/Dialog";

const KEYS = [
  ["M", "microphone"],
  ["V", "camera"],
  ["S", "screen"],
  ["H", "hand"],
  ["C", "chat"],
  ["P", "people"],
  ["I", "details"],
  ["L", "layout"],
  ["F", "full"],
  ["← →", "pages"],
  [",", "settings"],
  ["?", "help"],
] as const;

export function ShortcutsDialog() {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const open = useCallView(({ window }) => window?.kind === "shortcuts");
  return (
    <Dialog
      open={open}
      onClose={() => ui.closeWindow()}
      title={t("shortcuts.title")}
      description={t("shortcuts.description")}
    >
      <dl className="grid grid-cols-1 gap-x-8 sm:grid-cols-2">
        <Shortcut keys={t("shortcuts.space")} text={t("shortcuts.talk")} />
        {KEYS.map(([keys, what]) => (
          <Shortcut key={what} keys={keys} text={t(`shortcuts.${what}`)} />
        ))}
      </dl>
    </Dialog>
  );
}

function Shortcut({ keys, text }: { keys: string; text: string }) {
  return (
    <div className="flex min-h-11 items-center justify-between gap-3 border-b border-line py-1.5">
      <dt className="text-[15px]">{text}</dt>
      <dd>
        <kbd className="rounded-lg border border-edge bg-raised px-2 py-0.5 font-sans text-sm font-semibold whitespace-nowrap">
          {keys}
        </kbd>
      </dd>
    </div>
  );
}
