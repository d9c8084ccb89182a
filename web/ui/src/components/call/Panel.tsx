import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClosedByBack } from "../../hooks/useClosedByBack";
import { isComposing } from "../../lib/composing";
import { IconButton } from "../ui/IconButton";

interface PanelProps {
  title: string;
  onClose: () => void;
  /** Beside the title. */
  extra?: ReactNode;
  children: ReactNode;
}

/**
 * Beside the pictures, or, where there is no room for both, before them. It takes the focus, unless something in it has
 * done so, and gives it back.
 */
export function Panel({ title, onClose, extra, children }: PanelProps) {
  const { t } = useTranslation("common");
  const id = useId();
  const panel = useRef<HTMLElement>(null);
  useClosedByBack(true, onClose);
  // What is inside may take the focus before this is told that it is there.
  const [before] = useState(() => document.activeElement);
  useEffect(() => {
    const element = panel.current;
    if (element?.contains(document.activeElement) === false) element.focus({ preventScroll: true });
    return () => {
      // Only if nothing else took it meanwhile.
      const lost = document.activeElement === document.body || document.activeElement === null;
      if (lost && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [before]);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-labelledby={id}
      className="panel"
      onKeyDown={(event) => {
        // Menus of the panel stand elsewhere in the page, and close by themselves.
        const inside = event.target instanceof Node && event.currentTarget.contains(event.target);
        if (event.key !== "Escape" || !inside || isComposing(event.nativeEvent)) return;
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
