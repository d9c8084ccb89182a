import { Check, type LucideIcon } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useClosedByBack } from "../../hooks/useClosedByBack";
import { cn } from "../../lib/cn";

interface MenuProps {
  /** The button that opens it. */
  trigger: ReactNode;
  align?: "start" | "center" | "end";
  side?: "top" | "bottom" | "left" | "right";
  children: ReactNode;
}

/** A list of things to do. */
export function Menu({ trigger, align = "end", side = "bottom", children }: MenuProps) {
  const [open, setOpen] = useState(false);
  useClosedByBack(open, () => setOpen(false));
  return (
    // Not modal: what is behind it goes on, and is not hidden from screen readers while it can still be focused.
    <Radix.Root modal={false} open={open} onOpenChange={setOpen}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          // Radix gives the key to the layer that came last, and that may be a notice.
          onKeyDown={(event) => (event.key === "Escape" ? setOpen(false) : undefined)}
          onCloseAutoFocus={leaveFocus}
          align={align}
          side={side}
          sideOffset={8}
          collisionPadding={10}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-56 origin-(--radix-dropdown-menu-content-transform-origin) overflow-y-auto rounded-2xl border border-line bg-surface p-1.5 shadow-float data-[state=closed]:animate-pop-out data-[state=open]:animate-pop-in"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** What was chosen may have put the focus where it belongs: then the button doesn't take it back. */
function leaveFocus(event: Event): void {
  const { activeElement } = document;
  if (activeElement !== null && activeElement !== document.body) event.preventDefault();
}

const ITEM =
  "flex min-h-11 cursor-pointer items-center gap-3 rounded-[10px] px-3 text-[15px] outline-none select-none " +
  "data-[highlighted]:bg-raised data-[disabled]:pointer-events-none data-[disabled]:opacity-45";

interface MenuItemProps {
  icon?: LucideIcon;
  dangerous?: boolean;
  disabled?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon: Icon, dangerous = false, disabled, onSelect, children }: MenuItemProps) {
  return (
    <Radix.Item disabled={disabled} onSelect={onSelect} className={cn(ITEM, dangerous && "text-danger")}>
      {Icon && <Icon aria-hidden size={18} className={dangerous ? undefined : "text-quiet"} />}
      {children}
    </Radix.Item>
  );
}

export function MenuSeparator() {
  return <Radix.Separator className="mx-2 my-1.5 h-px bg-line" />;
}

interface MenuChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string; icon?: LucideIcon }[];
  onChoose: (value: Value) => void;
}

/** One of a few, inside a menu. */
export function MenuChoice<Value extends string>({ label, value, options, onChoose }: MenuChoiceProps<Value>) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(chosen) => onChoose(chosen as Value)} aria-label={label}>
      <Radix.Label className="px-3 pt-2 pb-1 text-[13px] font-semibold text-quiet">{label}</Radix.Label>
      {options.map(({ value: one, label: text, icon: Icon }) => (
        <Radix.RadioItem key={one} value={one} className={ITEM}>
          {Icon && <Icon aria-hidden size={18} className="text-quiet" />}
          <span className="grow">{text}</span>
          <Radix.ItemIndicator>
            <Check aria-hidden size={18} className="text-accent" />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}
