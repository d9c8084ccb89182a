import { Popover as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useClosedByBack } from "../../hooks/useClosedByBack";

interface PopoverProps {
  trigger: ReactNode;
  /** The name of what opens. */
  label: string;
  side?: "top" | "bottom" | "left" | "right";
  align?: "start" | "center" | "end";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  children: ReactNode;
}

/** A small surface beside the button that opens it, for anything but a list of things to do. */
export function Popover({
  trigger,
  label,
  side = "bottom",
  align = "center",
  open,
  onOpenChange,
  children,
}: PopoverProps) {
  const [ownOpen, setOwnOpen] = useState(false);
  const change = (wanted: boolean): void => {
    setOwnOpen(wanted);
    onOpenChange?.(wanted);
  };
  useClosedByBack(open ?? ownOpen, () => change(false));
  return (
    <Radix.Root open={open ?? ownOpen} onOpenChange={change}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          // Radix gives the key to the layer that came last, and that may be a notice.
          onKeyDown={(event) => (event.key === "Escape" ? change(false) : undefined)}
          side={side}
          align={align}
          sideOffset={8}
          collisionPadding={10}
          className="z-50 max-w-[calc(100vw-20px)] origin-(--radix-popover-content-transform-origin) rounded-2xl border border-line bg-surface p-3 shadow-float data-[state=closed]:animate-pop-out data-[state=open]:animate-pop-in"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
