import { ChevronDown, Eye, EyeOff } from "lucide-react";
import { type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { cn } from "../../lib/cn";

const CONTROL =
  "w-full min-w-0 min-h-12 rounded-control border border-edge bg-surface px-3.5 text-base text-text " +
  "transition-colors placeholder:text-quiet aria-invalid:border-danger disabled:opacity-60";

/** What the control inside a field has to carry. */
export interface FieldControl {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What is wrong with what was typed; it is read out at once. */
  error?: string | null;
  children: (control: FieldControl) => ReactNode;
}

/** A label, a control, and what is to be said of it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [error ? `${id}-error` : "", hint === undefined ? "" : `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-semibold">
        {label}
      </label>
      {children({ id, "aria-invalid": Boolean(error), "aria-describedby": described || undefined })}
      {error && (
        <p id={`${id}-error`} role="alert" className="animate-fade-in text-sm font-medium text-danger">
          {error}
        </p>
      )}
      {hint !== undefined && (
        <div id={`${id}-hint`} className="text-sm text-quiet">
          {hint}
        </div>
      )}
    </div>
  );
}

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "id" | "className"> {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  ref?: Ref<HTMLInputElement>;
}

export function TextField({ label, hint, error, type = "text", ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => <input type={type} className={CONTROL} {...control} {...rest} />}
    </Field>
  );
}

/** A password, which can be shown. */
export function PasswordField({ label, hint, error, ...rest }: TextFieldProps) {
  const [shown, setShown] = useState(false);
  const { t } = useTranslation();
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <span className="relative">
          <input
            type={shown ? "text" : "password"}
            className={cn(CONTROL, "pr-13")}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            {...control}
            {...rest}
          />
          <button
            type="button"
            aria-label={t(shown ? "field.hidePassword" : "field.showPassword")}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className="absolute inset-y-0.5 right-0.5 grid w-11 place-items-center rounded-[10px] text-quiet hover:text-text"
          >
            {shown ? <EyeOff aria-hidden size={20} /> : <Eye aria-hidden size={20} />}
          </button>
        </span>
      )}
    </Field>
  );
}

interface SelectFieldProps<Value extends string> extends Omit<
  SelectHTMLAttributes<HTMLSelectElement>,
  "id" | "className" | "value" | "onChange"
> {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  value: Value;
  options: readonly { value: Value; label: string; disabled?: boolean }[];
  onChoose: (value: Value) => void;
}

/** The browser's own list: phones show it as people know it there. */
export function SelectField<Value extends string>({
  label,
  hint,
  error,
  value,
  options,
  onChoose,
  ...rest
}: SelectFieldProps<Value>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <span className="relative">
          <select
            className={cn(CONTROL, "appearance-none truncate pr-10")}
            value={value}
            onChange={(event) => onChoose(event.target.value as Value)}
            {...control}
            {...rest}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value} disabled={option.disabled}>
                {option.label}
              </option>
            ))}
          </select>
          <ChevronDown aria-hidden size={18} className="pointer-events-none absolute top-[15px] right-3 text-quiet" />
        </span>
      )}
    </Field>
  );
}
