import { useTranslation } from "react-i18next";
import { Redirect } from "wouter";
import { openAuth } from "../../hooks/useAuthDialog";
import { useSession } from "../../hooks/useSession";
import { Button } from "../ui/Button";

/** For who can log in now, and wants nothing else of this page: from there it goes home. */
export function LogInNext() {
  const { t } = useTranslation("auth");
  const { user } = useSession();
  if (user !== null) return <Redirect to="/" replace />;
  return (
    <Button look="primary" onClick={() => openAuth("login")}>
      {t("login.submit")}
    </Button>
  );
}
