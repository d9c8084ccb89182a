import type { LucideIcon } from "lucide-react";
import { useId } from "react";

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string; icon?: LucideIcon; hint?: string }[];
  onChoose: (value: Value) => void;
  /** Beside one another, as far as there is room; else below one another. */
  row?: boolean;
}

/** One of a few, all in sight. */
export function Choice<Value extends string>({ label, value, options, onChoose, row = false }: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset className="min-w-0">
      <legend className="mb-2 text-sm font-semibold">{label}</legend>
      <div className={row ? "grid gap-2 sm:grid-cols-3" : "grid gap-2"}>
        {options.map(({ value: one, label: text, icon: Icon, hint }) => (
          <label
            key={one}
            className="flex min-h-12 items-center gap-3 rounded-control border border-edge px-3.5 py-2 transition-colors duration-150 hover:bg-raised has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-3 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              value={one}
              checked={one === value}
              onChange={() => onChoose(one)}
              className="size-4.5 shrink-0 accent-(--accent) outline-none"
            />
            <span className="grow">
              <span className="block text-[15px] font-semibold">{text}</span>
              {hint !== undefined && <span className="block text-sm text-quiet">{hint}</span>}
            </span>
            {Icon && <Icon aria-hidden size={18} className="shrink-0 text-quiet" />}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
