import { LogIn, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { logIns } from "../api/auth";
import type { Account } from "../client/httpTypes";
import { PageShell } from "../components/layout/PageShell";
import { LoadingPage } from "../components/LoadingPage";
import { MessagePage } from "../components/MessagePage";
import { AboutSection } from "../components/profile/AboutSection";
import { AppearanceSection } from "../components/profile/AppearanceSection";
import { DeleteSection } from "../components/profile/DeleteSection";
import { PasswordSection } from "../components/profile/PasswordSection";
import { SessionsSection } from "../components/profile/SessionsSection";
import { RoundIcon } from "../components/RoundIcon";
import { Button } from "../components/ui/Button";
import { openAuth } from "../hooks/useAuthDialog";
import { useLoaded } from "../hooks/useLoaded";
import { useSession } from "../hooks/useSession";

export function ProfilePage() {
  const { t } = useTranslation(["profile", "common"]);
  const { status, user } = useSession();
  if (user !== null) return <Profile user={user} />;
  if (status === "unknown") return <LoadingPage />;
  return (
    <MessagePage art={<RoundIcon icon={UserRound} />} title={t("profile:guest.title")} text={t("profile:guest.text")}>
      <Button look="primary" icon={LogIn} onClick={() => openAuth("login")}>
        {t("common:header.login")}
      </Button>
    </MessagePage>
  );
}

function Profile({ user }: { user: Account }) {
  const { t } = useTranslation("profile");
  const { value, reload } = useLoaded(logIns);
  return (
    <PageShell title={t("title")} layout="narrow">
      <h1 className="pt-4 pb-6 text-3xl">{t("title")}</h1>
      <div className="grid gap-5">
        <AboutSection user={user} />
        <AppearanceSection />
        <PasswordSection user={user} onChanged={reload} />
        <SessionsSection logIns={value} onChanged={reload} />
        <DeleteSection />
      </div>
    </PageShell>
  );
}
