import { ImageUp, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { session } from "../../api/session";
import type { Account } from "../../client/httpTypes";
import { removeAvatar } from "../../api/users";
import { useAttempt } from "../../hooks/useAttempt";
import { useForm } from "../../hooks/useForm";
import { notify } from "../../notices/notices";
import { nameProblem } from "../auth/checks";
import { AVATAR_COLOURS, LONGEST_NAME } from "../names";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import { Section } from "../ui/Card";
import { TextField } from "../ui/Field";
import { Problem } from "../ui/Problem";
import { PictureDialog } from "./PictureDialog";

/** Name, picture and colour. */
export function AboutSection({ user }: { user: Account }) {
  const { t } = useTranslation(["profile", "common"]);
  return (
    <Section title={t("profile:about.title")} text={t("profile:about.text")}>
      <div className="grid gap-6">
        <Picture user={user} />
        {user.avatar === null && <Colours user={user} />}
        <NameForm key={user.name} user={user} />
        <p className="text-[15px] text-quiet">{t("profile:about.email", { email: user.email })}</p>
      </div>
    </Section>
  );
}

function Picture({ user }: { user: Account }) {
  const { t } = useTranslation("profile");
  const { busy, attempt } = useAttempt();
  const [chosen, setChosen] = useState<File | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const remove = (): void =>
    attempt(async () => {
      session.know(await removeAvatar());
      notify(t("picture.removed"), { kind: "good" });
    });
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-4">
      <Avatar name={user.name} colour={user.avatar_colour} picture={user.avatar} size={88} />
      <div className="flex flex-wrap gap-2">
        <input
          ref={input}
          type="file"
          accept="image/*"
          hidden
          onChange={(event) => {
            setChosen(event.target.files?.[0] ?? null);
            // The same file can be chosen again.
            event.target.value = "";
          }}
        />
        <Button icon={ImageUp} onClick={() => input.current?.click()}>
          {t("picture.choose")}
        </Button>
        {user.avatar !== null && (
          <Button look="ghost" icon={Trash2} busy={busy} onClick={remove}>
            {t("picture.remove")}
          </Button>
        )}
      </div>
      {chosen !== null && <PictureDialog file={chosen} onClose={() => setChosen(null)} />}
    </div>
  );
}

function Colours({ user }: { user: Account }) {
  const { t } = useTranslation("profile");
  const { attempt } = useAttempt();
  // Shown at once, and taken back where the server does not want it.
  const [chosen, setChosen] = useState(user.avatar_colour);
  const colours = [...new Set([user.avatar_colour, ...AVATAR_COLOURS])];
  const choose = (colour: string): void => {
    setChosen(colour);
    attempt(() =>
      session.change({ avatar_colour: colour }).catch((error: unknown) => {
        setChosen(user.avatar_colour);
        throw error;
      }),
    );
  };
  return (
    <fieldset>
      <legend className="mb-2 text-sm font-semibold">{t("colour.label")}</legend>
      <div className="flex flex-wrap gap-2">
        {colours.map((colour, index) => (
          <label
            key={colour}
            className="grid size-11 place-items-center rounded-full border-3 border-transparent has-checked:border-text has-focus-visible:outline-3 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="colour"
              className="absolute opacity-0"
              aria-label={t("colour.option", { index: index + 1 })}
              checked={colour === chosen}
              onChange={() => choose(colour)}
            />
            <span aria-hidden className="size-8 rounded-full" style={{ background: colour }} />
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function NameForm({ user }: { user: Account }) {
  const { t } = useTranslation(["profile", "common", "auth"]);
  const form = useForm({
    initial: { name: user.name },
    check: (values) => ({ name: nameProblem(values.name) }),
    refused: { name: t("auth:problem.nameRefused") },
    send: async (values) => {
      await session.change({ name: values.name.trim() });
      notify(t("profile:saved"), { kind: "good" });
    },
  });
  return (
    <form {...form.form} className="grid gap-3">
      <Problem text={form.problem} />
      <div className="grid gap-3 sm:grid-cols-[1fr_auto] sm:items-start">
        <TextField label={t("auth:field.name")} autoComplete="name" maxLength={LONGEST_NAME} {...form.field("name")} />
        <span className="grid sm:pt-6.5">
          <Button type="submit" size="lg" busy={form.busy} disabled={form.busy || form.values.name === user.name}>
            {t("common:action.save")}
          </Button>
        </span>
      </div>
    </form>
  );
}
