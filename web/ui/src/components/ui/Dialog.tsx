import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClosedByBack } from "../../hooks/useClosedByBack";
import { cn } from "../../lib/cn";
import { isComposing } from "../../lib/composing";
import { openDialogs } from "../../notices/notices";
import { Button } from "./Button";
import { IconButton } from "./IconButton";
import { Problem } from "./Problem";
import { DialogNotices } from "./Toaster";

const OVERLAY =
  "fixed inset-0 z-40 grid place-items-end bg-veil sm:place-items-center sm:p-6 " +
  "data-[state=closed]:animate-fade-out data-[state=open]:animate-fade-in";

const CONTENT =
  "relative flex max-h-[92dvh] w-full flex-col overflow-hidden rounded-t-[24px] bg-surface shadow-float outline-none " +
  "data-[state=closed]:animate-sheet-out data-[state=open]:animate-sheet-in " +
  "sm:max-h-[min(88dvh,56rem)] sm:rounded-[24px] sm:data-[state=closed]:animate-pop-out sm:data-[state=open]:animate-pop-in";

interface DialogProps {
  open: boolean;
  /** Called once it has gone. */
  onClose: () => void;
  title: string;
  description?: ReactNode;
  /** "md": 30 rem, "lg": 44 rem, at most. */
  size?: "md" | "lg";
  /** Buttons that stay in sight while the rest scrolls. */
  footer?: ReactNode;
  children?: ReactNode;
}

/** A question in front of the page; on a phone, a sheet from below. Escape and the veil close it. */
export function Dialog({ open, onClose, title, description, size = "md", footer, children }: DialogProps) {
  const { leaving, leave, gone } = useLeaving(open, onClose);
  const focus = useFocusThereAndBack(gone);
  const id = useId();
  const shown = open && !leaving;
  useEffect(() => (shown ? openDialogs.open(id) : undefined), [shown, id]);
  useClosedByBack(shown, leave);
  return (
    <Radix.Root open={shown} onOpenChange={(wanted) => (wanted ? undefined : leave())}>
      <Radix.Portal>
        <Radix.Overlay className={OVERLAY}>
          <Radix.Content
            {...focus}
            onKeyDown={(event) => closeByEscape(event, leave)}
            {...(description === undefined ? { "aria-describedby": undefined } : {})}
            className={cn(CONTENT, size === "lg" ? "sm:max-w-[44rem]" : "sm:max-w-[30rem]")}
          >
            <Head title={title} description={description} />
            <div className="min-h-0 grow overflow-y-auto overscroll-contain px-5 pt-2 pb-[max(1.25rem,env(safe-area-inset-bottom))] sm:px-7 sm:pb-7">
              {children}
            </div>
            <DialogNotices dialog={id} />
            {footer !== undefined && (
              <footer className="flex flex-wrap justify-end gap-3 border-t border-line px-5 py-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:px-7">
                {footer}
              </footer>
            )}
          </Radix.Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Head({ title, description }: Pick<DialogProps, "title" | "description">) {
  const { t } = useTranslation();
  return (
    <header className="flex items-start gap-3 px-5 pt-4 pb-2 sm:px-7 sm:pt-6">
      <div className="min-w-0 grow pt-2">
        <Radix.Title className="text-xl break-words">{title}</Radix.Title>
        {description !== undefined && (
          <Radix.Description asChild>
            <div className="mt-1.5 text-[15px] text-quiet">{description}</div>
          </Radix.Description>
        )}
      </div>
      <Radix.Close asChild>
        <IconButton icon={X} label={t("action.close")} look="ghost" tooltipSide="bottom" />
      </Radix.Close>
    </header>
  );
}

/** Inside a dialog: the button that closes it. */
export function DialogCancel() {
  const { t } = useTranslation();
  return (
    <Radix.Close asChild>
      <Button>{t("action.cancel")}</Button>
    </Radix.Close>
  );
}

/** Lets it go away in its own time, and tells when it has. */
function useLeaving(open: boolean, onClose: () => void): Record<"leave" | "gone", () => void> & { leaving: boolean } {
  const [leaving, setLeaving] = useState(false);
  if (!open && leaving) setLeaving(false);
  return { leaving, leave: () => setLeaving(true), gone: () => (leaving ? onClose() : undefined) };
}

/** Where the keyboard goes when it opens, and that it comes back to what opened it. */
function useFocusThereAndBack(
  gone: () => void,
): Record<"onOpenAutoFocus" | "onCloseAutoFocus", (event: Event) => void> {
  const opener = useRef<HTMLElement | null>(null);
  return {
    onOpenAutoFocus: (event) => {
      event.preventDefault();
      opener.current = openerOf(document.activeElement);
      const content = event.currentTarget as HTMLElement;
      const field = content.querySelector<HTMLElement>("input:not([hidden]):not([readonly]), textarea, select");
      // On a touch screen the keys would cover half of the dialog.
      const typed = window.matchMedia("(pointer: fine)").matches;
      (typed ? (field ?? content) : content).focus();
    },
    onCloseAutoFocus: (event) => {
      event.preventDefault();
      opener.current?.focus();
      gone();
    },
  };
}

/** What somebody pressed: an item of a menu is gone by then, and its button stands for it. */
function openerOf(element: Element | null): HTMLElement | null {
  const menu = element?.closest('[role="menu"]');
  const button = menu ? document.getElementById(menu.getAttribute("aria-labelledby") ?? "") : element;
  return button instanceof HTMLElement ? button : null;
}

/** Radix gives the key to the layer that came last, and that may be a notice. What opens out of a dialog is elsewhere. */
function closeByEscape(event: KeyboardEvent<HTMLElement>, close: () => void): void {
  if (event.key === "Escape" && !isComposing(event.nativeEvent) && event.currentTarget.contains(event.target as Node))
    close();
}

interface ConfirmDialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  text: ReactNode;
  /** The name of the button that does it. */
  action: string;
  dangerous?: boolean;
  busy?: boolean;
  problem?: string | null;
  onConfirm: () => void;
  children?: ReactNode;
}

/** Asks once more. */
export function ConfirmDialog({
  open,
  onClose,
  title,
  text,
  action,
  dangerous = false,
  busy = false,
  problem = null,
  onConfirm,
  children,
}: ConfirmDialogProps) {
  return (
    <Dialog open={open} onClose={onClose} title={title} description={text}>
      {children}
      <Problem text={problem} />
      <div className="mt-3 flex flex-wrap justify-end gap-3">
        <DialogCancel />
        <Button look={dangerous ? "danger" : "primary"} busy={busy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
