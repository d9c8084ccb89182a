import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "../../lib/cn";
import { type Notice, type NoticeKind, notices, openDialogs } from "../../notices/notices";
import "../../styles/notices.css";

const ICONS: Record<NoticeKind, [LucideIcon, string]> = {
  info: [Info, "text-quiet"],
  good: [CircleCheck, "text-success"],
  warning: [TriangleAlert, "text-warning"],
  bad: [CircleAlert, "text-danger"],
};

/** Shows notices at the edge of the page. Once in the whole page. */
export function Toaster() {
  const shown = useSyncExternalStore(notices.subscribe, notices.getSnapshot);
  const dialogs = useSyncExternalStore(openDialogs.subscribe, openDialogs.getSnapshot);
  return (
    <NoticeList shown={dialogs.length === 0 ? shown : shown.filter(({ inDialog }) => !inDialog)} className="notices" />
  );
}

/** Shows in the foremost dialog what was done there: at the edge of the page it would be behind the dialog, or over it. */
export function DialogNotices({ dialog }: { dialog: string }) {
  const shown = useSyncExternalStore(notices.subscribe, notices.getSnapshot);
  const dialogs = useSyncExternalStore(openDialogs.subscribe, openDialogs.getSnapshot);
  const own = dialogs.at(-1) === dialog ? shown.filter(({ inDialog }) => inDialog) : [];
  return own.length === 0 ? null : <NoticeList shown={own} className="notices-in-dialog" />;
}

function NoticeList({ shown, className }: { shown: readonly Notice[]; className: string }) {
  const { t } = useTranslation();
  return (
    <Radix.Provider label={t("notices.one")} swipeDirection="left">
      {shown.map((notice) => (
        <Toast key={notice.id} notice={notice} />
      ))}
      {/* Radix puts the keys in place of {hotkey}. */}
      <Radix.Viewport label={t("notices.region")} className={className} />
    </Radix.Provider>
  );
}

function Toast({ notice }: { notice: Notice }) {
  const { t } = useTranslation();
  const [Icon, colour] = ICONS[notice.kind];
  return (
    <Radix.Root
      open={notice.open}
      duration={notice.lasts}
      type={notice.kind === "bad" ? "foreground" : "background"}
      onOpenChange={(open) => (open ? undefined : notices.dismiss(notice.id))}
      onEscapeKeyDown={(event) => {
        // The key is for what one is working in; it closes a notice only in the notice itself.
        if (!(event.target instanceof Element && event.target.closest("[data-notice]"))) event.preventDefault();
      }}
      data-notice
      className={cn(
        "notice pointer-events-auto flex max-w-full items-center gap-3 rounded-2xl border border-line bg-surface py-1.5 pr-1.5 pl-4 shadow-float",
        notice.passing && "notice-passing",
        "data-[state=closed]:animate-fade-out data-[state=open]:animate-notice-in",
        "data-[swipe=move]:translate-x-(--radix-toast-swipe-move-x) data-[swipe=cancel]:translate-x-0 data-[swipe=cancel]:transition-transform",
      )}
    >
      <Icon aria-hidden size={20} className={cn("shrink-0", colour)} />
      <Radix.Description className="min-w-0 grow py-1.5 text-[15px] break-words">
        <span className="notice-text">{notice.text}</span>
      </Radix.Description>
      {notice.action && (
        <Radix.Action asChild altText={notice.action.label}>
          <button
            type="button"
            onClick={notice.action.run}
            className="min-h-10 shrink-0 rounded-[10px] px-3 text-[15px] font-semibold text-accent hover:bg-raised"
          >
            {notice.action.label}
          </button>
        </Radix.Action>
      )}
      <Radix.Close
        aria-label={t("action.dismiss")}
        className="grid size-10 shrink-0 place-items-center rounded-full text-quiet hover:bg-raised hover:text-text"
      >
        <X aria-hidden size={18} />
      </Radix.Close>
    </Radix.Root>
  );
}
