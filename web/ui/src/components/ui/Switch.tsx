import { Switch as Radix } from "radix-ui";
import { type ReactNode, useId } from "react";

interface SwitchFieldProps {
  label: string;
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** Something that is on or off, with what it means. The whole line can be pressed. */
export function SwitchField({ label, hint, checked, onChange, disabled }: SwitchFieldProps) {
  const id = useId();
  return (
    <div className="flex min-h-11 items-center gap-4">
      <label htmlFor={id} className="grow py-1">
        <span className="block text-[15px] font-semibold">{label}</span>
        {hint !== undefined && (
          <span id={`${id}-hint`} className="block text-sm text-quiet">
            {hint}
          </span>
        )}
      </label>
      <Radix.Root
        id={id}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled}
        aria-label={label}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        className="relative h-7 w-12 shrink-0 rounded-full border border-edge bg-raised transition-colors duration-150 before:absolute before:-inset-2.5 disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent"
      >
        <Radix.Thumb className="block size-5 translate-x-0.75 rounded-full bg-quiet transition-transform duration-150 data-[state=checked]:translate-x-5.75 data-[state=checked]:bg-on-accent" />
      </Radix.Root>
    </div>
  );
}
