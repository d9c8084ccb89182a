import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../ui/IconButton";

interface PanelProps {
  title: string;
  onClose: () => void;
  /** Beside the title. */
  extra?: ReactNode;
  children: ReactNode;
}

/** Beside the pictures, or, where there is no room for both, before them. It takes the focus and gives it back. */
export function Panel({ title, onClose, extra, children }: PanelProps) {
  const { t } = useTranslation("common");
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.focus({ preventScroll: true });
    return () => {
      // Only if nothing else took it meanwhile.
      const lost = document.activeElement === document.body || document.activeElement === null;
      if (lost && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-labelledby={id}
      className="panel"
      onKeyDown={(event) => {
        // Menus of the panel stand elsewhere in the page, and close by themselves.
        const inside = event.target instanceof Node && event.currentTarget.contains(event.target);
        if (event.key !== "Escape" || !inside) return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header className="flex items-center gap-2 py-1.5 pr-2 pl-4">
        <h2 id={id} className="grow truncate text-lg">
          {title}
        </h2>
        {extra}
        <IconButton icon={X} label={t("action.close")} look="ghost" tooltipSide="bottom" onClick={onClose} />
      </header>
      {children}
    </aside>
  );
}
