import { LogIn, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { claim } from "../api/admin";
import type { Account } from "../client/httpTypes";
import { Calls } from "../components/admin/Calls";
import { Keys } from "../components/admin/Keys";
import { ProblemList, SettingsList } from "../components/admin/Lists";
import { Overview } from "../components/admin/Overview";
import { Users } from "../components/admin/Users";
import { PageShell } from "../components/layout/PageShell";
import { LoadingPage } from "../components/LoadingPage";
import { MessagePage } from "../components/MessagePage";
import { RoundIcon } from "../components/RoundIcon";
import { Button } from "../components/ui/Button";
import { Tabs } from "../components/ui/Tabs";
import { useAttempt } from "../hooks/useAttempt";
import { openAuth } from "../hooks/useAuthDialog";
import { useFragmentToken } from "../hooks/useFragmentToken";
import { useSession } from "../hooks/useSession";
import { pathOf } from "../lib/base";

/** For administrators of the server, and for whoever becomes the first by the link that it printed. */
export function AdminPage() {
  const { t } = useTranslation("admin");
  const { t: common } = useTranslation();
  const { status, user } = useSession();
  const token = useFragmentToken();
  if (status === "unknown" && user === null) return <LoadingPage />;
  if (user?.administrator) return <Administration user={user} />;
  if (user !== null && token !== null) return <Claim token={token} />;
  if (user !== null) {
    return <MessagePage art={<RoundIcon icon={ShieldCheck} />} title={t("not.title")} text={t("not.text")} />;
  }
  return (
    <MessagePage
      art={<RoundIcon icon={ShieldCheck} />}
      title={t(token === null ? "guest.title" : "claim.title")}
      text={t(token === null ? "guest.text" : "claim.text")}
    >
      <Button look="primary" icon={LogIn} onClick={() => openAuth("login")}>
        {common("header.login")}
      </Button>
    </MessagePage>
  );
}

/** Logged in, with the link. */
function Claim({ token }: { token: string }) {
  const { t } = useTranslation("admin");
  const { busy, attempt } = useAttempt();
  const become = (): void =>
    attempt(async () => {
      await claim(token);
      location.assign(pathOf("/admin"));
    });
  return (
    <MessagePage art={<RoundIcon icon={ShieldCheck} />} title={t("claim.title")} text={t("claim.text")}>
      <Button look="primary" icon={ShieldCheck} busy={busy} onClick={become}>
        {t("claim.submit")}
      </Button>
    </MessagePage>
  );
}

function Administration({ user }: { user: Account }) {
  const { t } = useTranslation("admin");
  const [tab, setTab] = useState<"overview" | "calls" | "users" | "keys" | "settings" | "problems">("overview");
  return (
    <PageShell title={t("title")}>
      <h1 className="pt-4 pb-5 text-3xl">{t("title")}</h1>
      <Tabs
        label={t("title")}
        value={tab}
        onChange={setTab}
        tabs={[
          { value: "overview", label: t("tab.overview"), content: <Overview /> },
          { value: "calls", label: t("tab.calls"), content: <Calls /> },
          { value: "users", label: t("tab.users"), content: <Users you={user.id} /> },
          { value: "keys", label: t("tab.keys"), content: <Keys /> },
          { value: "settings", label: t("tab.settings"), content: <SettingsList /> },
          { value: "problems", label: t("tab.problems"), content: <ProblemList /> },
        ]}
      />
    </PageShell>
  );
}
