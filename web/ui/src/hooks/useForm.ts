import { type ChangeEvent, type SubmitEvent, useEffect, useRef, useState } from "react";
import { ApiError } from "../client/http";
import { errorText } from "../i18n/errors";

type Values<Field extends string> = Record<Field, string>;
type Problems<Field extends string> = Partial<Record<Field, string>>;

interface FormOptions<Field extends string> {
  initial: Values<Field>;
  /** What is wrong with what was typed, as far as the page itself knows. */
  check?: (values: Values<Field>) => Problems<Field>;
  /** Throws `ApiError`. */
  send: (values: Values<Field>) => Promise<void>;
  /** What to say where the server does not like a field; left out: what it says itself, in English. */
  refused?: Problems<Field>;
}

export interface Form<Field extends string> {
  values: Values<Field>;
  set: (field: Field, value: string) => void;
  /** Properties of a field's control. */
  field: (name: Field) => {
    name: Field;
    value: string;
    error: string | null;
    onChange: (event: ChangeEvent<HTMLInputElement>) => void;
  };
  /** Properties of the form. */
  form: {
    ref: React.RefObject<HTMLFormElement | null>;
    onSubmit: (event: SubmitEvent) => void;
    noValidate: true;
  };
  busy: boolean;
  /** What went wrong and belongs to no field. */
  problem: string | null;
  /** The code of the server's refusal, where there was one. */
  code: string | null;
}

/** A form with errors at its fields. */
export function useForm<Field extends string>(options: FormOptions<Field>): Form<Field> {
  const [values, setValues] = useState(options.initial);
  const [problems, setProblems] = useState<Problems<Field>>({});
  const [failure, setFailure] = useState<{ text: string | null; code: string | null }>({ text: null, code: null });
  const [busy, setBusy] = useState(false);
  // Sent twice before the page could draw it is sent once.
  const sending = useRef(false);
  const ref = useRef<HTMLFormElement>(null);
  useFocusOnFirst(ref, problems);

  const set = (field: Field, value: string): void => {
    setValues((before) => ({ ...before, [field]: value }));
    // What was wrong may be right by now; it is looked at again when the form is sent.
    setProblems((before) => ({ ...before, [field]: undefined }));
  };
  const failed = (error: unknown): void => {
    const { known, text } = explain(error, options.initial, options.refused ?? {});
    setProblems(known);
    setFailure({ text, code: error instanceof ApiError ? error.code : null });
  };
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (sending.current) return;
    const found = options.check?.(values) ?? {};
    setProblems(found);
    setFailure({ text: null, code: null });
    if (Object.values(found).some(Boolean)) return;
    setBusy(true);
    sending.current = true;
    options
      .send(values)
      .catch(failed)
      .finally(() => {
        sending.current = false;
        setBusy(false);
      });
  };
  return {
    values,
    set,
    field: (name) => ({
      name,
      value: values[name],
      error: problems[name] ?? null,
      onChange: (event) => set(name, event.target.value),
    }),
    form: { ref, onSubmit, noValidate: true },
    busy,
    problem: failure.text,
    code: failure.code,
  };
}

/** What an error says of the fields of a form, and what is left to say of it as a whole. */
export function explain<Field extends string>(
  error: unknown,
  fields: Values<Field>,
  refused: Problems<Field>,
): { known: Problems<Field>; text: string | null } {
  const known: Problems<Field> = {};
  if (error instanceof ApiError) {
    for (const name of Object.keys(fields) as Field[]) {
      const said = error.fields[name];
      if (said !== undefined) known[name] = error.code === "invalid" ? (refused[name] ?? said) : errorText(error);
    }
  }
  return { known, text: Object.keys(known).length > 0 ? null : errorText(error) };
}

/** Brings the keyboard to the first field that is not right. */
function useFocusOnFirst(form: React.RefObject<HTMLFormElement | null>, problems: object): void {
  useEffect(() => {
    if (!Object.values(problems).some(Boolean)) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [form, problems]);
}
