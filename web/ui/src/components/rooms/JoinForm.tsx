import { ArrowRight } from "lucide-react";
import { type SubmitEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { roomPathFrom } from "../../lib/roomCode";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";

/** Takes the code of a room or its link, and goes there. */
export function JoinForm() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [input, setInput] = useState("");
  const [wrong, setWrong] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const path = roomPathFrom(input);
    setWrong(path === null);
    if (path !== null) navigate(path);
  };
  return (
    <form onSubmit={submit} noValidate className="grid gap-3 sm:grid-cols-[1fr_auto] sm:items-start">
      <TextField
        label={t("joinForm.label")}
        placeholder={t("joinForm.placeholder")}
        value={input}
        onChange={(event) => setInput(event.target.value)}
        error={wrong ? t("joinForm.problem") : null}
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="go"
      />
      <span className="grid sm:pt-6.5">
        <Button type="submit" icon={ArrowRight} size="lg">
          {t("joinForm.submit")}
        </Button>
      </span>
    </form>
  );
}
