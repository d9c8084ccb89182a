import { useTranslation } from "react-i18next";
import { inForce, isMac } from "../../client/shortcuts";
import { useCallParts, useCallView, usePreference } from "../../hooks/useCallContext";
import { Dialog } from "../ui/Dialog";

/** The keys that do something now, as the person has set them. */
export function ShortcutsDialog() {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const open = useCallView(({ window }) => window?.kind === "shortcuts");
  const preferences = usePreference((all) => all);
  const rows = inForce(preferences, isMac(), t("shortcuts.ctrl"));
  return (
    <Dialog
      open={open}
      onClose={() => ui.closeWindow()}
      title={t("shortcuts.title")}
      description={t(preferences.shortcuts ? "shortcuts.description" : "shortcuts.descriptionOff")}
      size="lg"
    >
      <dl className="grid grid-cols-1 gap-x-8 sm:grid-cols-2">
        {preferences.pushToTalk && <Shortcut ways={[[t("shortcuts.space")]]} text={t("shortcuts.talk")} />}
        {rows.map(({ command, off, ways }) => (
          <Shortcut
            key={`${command} ${off}`}
            ways={ways}
            text={off ? t(`shortcuts.off.${command as "microphone"}`) : t(`shortcuts.${command}`)}
          />
        ))}
        <Shortcut ways={[["←"], ["→"]]} text={t("shortcuts.pages")} />
      </dl>
    </Dialog>
  );
}

/** What any of some ways does, each of them keys that are pressed together. */
function Shortcut({ ways, text }: { ways: string[][]; text: string }) {
  return (
    <div className="flex min-h-11 items-center justify-between gap-3 border-b border-line py-1.5">
      <dt className="text-[15px]">{text}</dt>
      <dd className="flex flex-wrap justify-end gap-x-3 gap-y-1">
        {ways.map((keys) => (
          <span key={keys.join()} className="flex gap-1">
            {keys.map((key) => (
              <kbd
                key={key}
                className="rounded-lg border border-edge bg-raised px-2 py-0.5 font-sans text-sm font-semibold whitespace-nowrap"
              >
                {key}
              </kbd>
            ))}
          </span>
        ))}
      </dd>
    </div>
  );
}
