import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { session } from "../../api/session";
import { deleteAccount } from "../../api/users";
import { useForm } from "../../hooks/useForm";
import { notify } from "../../notices/notices";
import { missingPassword } from "../auth/checks";
import { Button } from "../ui/Button";
import { Section } from "../ui/Card";
import { Dialog, DialogCancel } from "../ui/Dialog";
import { PasswordField } from "../ui/Field";
import { Problem } from "../ui/Problem";

export function DeleteSection() {
  const { t } = useTranslation("profile");
  const [open, setOpen] = useState(false);
  return (
    <Section title={t("delete.title")} text={t("delete.text")}>
      <Button icon={Trash2} onClick={() => setOpen(true)}>
        {t("delete.open")}
      </Button>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        title={t("delete.sure")}
        description={t("delete.consequences")}
      >
        <DeleteForm />
      </Dialog>
    </Section>
  );
}

function DeleteForm() {
  const { t } = useTranslation(["profile", "auth"]);
  const [, navigate] = useLocation();
  const form = useForm({
    initial: { password: "" },
    check: (values) => ({ password: missingPassword(values.password) }),
    send: async (values) => {
      await deleteAccount(values.password);
      session.end();
      navigate("/");
      notify(t("profile:delete.done"));
    },
  });
  return (
    <form {...form.form} className="grid gap-5">
      <Problem text={form.problem} />
      <PasswordField label={t("auth:field.password")} autoComplete="current-password" {...form.field("password")} />
      <div className="flex flex-wrap justify-end gap-3">
        <DialogCancel />
        <Button type="submit" look="danger" busy={form.busy}>
          {t("profile:delete.submit")}
        </Button>
      </div>
    </form>
  );
}
