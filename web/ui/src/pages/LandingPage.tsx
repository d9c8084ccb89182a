import { Video } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { createRoom } from "../api/rooms";
import { PageShell } from "../components/layout/PageShell";
import { JoinForm } from "../components/rooms/JoinForm";
import { Button } from "../components/ui/Button";
import { Card } from "../components/ui/Card";
import { Problem } from "../components/ui/Problem";
import { TextButton } from "../components/ui/TextButton";
import { openAuth } from "../hooks/useAuthDialog";
import { useConfig } from "../hooks/useConfig";
import { errorText } from "../i18n/errors";
import { pathOf } from "../lib/base";

const Showcase = lazy(() => import("../components/landing/Showcase").then((module) => ({ default: module.Showcase })));

/** For everybody who has not logged in. */
export function LandingPage() {
  const { t } = useTranslation("landing");
  return (
    <PageShell>
      <div className="grid items-center gap-10 pt-4 sm:pt-8 lg:grid-cols-[1fr_1.05fr] lg:gap-14 lg:pt-10">
        <div className="grid min-w-0 gap-6">
          <h1 className="text-[2.4rem] leading-[1.08] font-bold tracking-tight sm:text-5xl xl:text-[3.4rem]">
            {t("headline")}
          </h1>
          <p className="max-w-xl text-lg text-quiet">{t("pitch")}</p>
          <Actions />
        </div>
        <Suspense fallback={<div className="aspect-[6/5] rounded-[28px] border border-line bg-surface" />}>
          <Showcase />
        </Suspense>
      </div>
      <Facts />
      <Footer />
    </PageShell>
  );
}

function Actions() {
  const { t } = useTranslation(["landing", "common"]);
  const config = useConfig();
  const [, navigate] = useLocation();
  const [creating, setCreating] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const guestsMay = config?.guest_rooms !== false;
  const create = (): void => {
    if (!guestsMay) {
      openAuth("login");
      return;
    }
    setCreating(true);
    setProblem(null);
    createRoom().then(
      ({ code }) => navigate(`/r/${code}`),
      (error: unknown) => {
        setCreating(false);
        setProblem(errorText(error));
      },
    );
  };
  return (
    <Card className="grid gap-5">
      <div className="grid gap-2">
        <Button look="primary" size="lg" icon={Video} wide busy={creating} onClick={create}>
          {t("common:createRoom")}
        </Button>
        <p className="text-center text-sm text-quiet">
          {guestsMay ? t("landing:create.guests") : t("landing:create.members")}{" "}
          {config?.registration !== "closed" && (
            <TextButton onClick={() => openAuth("register")}>
              {t(guestsMay ? "landing:create.register" : "common:header.register")}
            </TextButton>
          )}
        </p>
      </div>
      <Problem text={problem} />
      <div className="flex items-center gap-3 text-sm text-quiet">
        <span className="h-px grow bg-line" />
        {t("landing:or")}
        <span className="h-px grow bg-line" />
      </div>
      <JoinForm />
    </Card>
  );
}

function Facts() {
  const { t } = useTranslation("landing");
  const facts = ["install", "private", "large"] as const;
  return (
    <ul className="mt-12 grid gap-x-10 gap-y-6 border-t border-line pt-8 sm:grid-cols-3">
      {facts.map((fact) => (
        <li key={fact}>
          <h2 className="text-[17px]">{t(`facts.${fact}.title`)}</h2>
          <p className="mt-1 text-[15px] text-quiet">{t(`facts.${fact}.text`)}</p>
        </li>
      ))}
    </ul>
  );
}

function Footer() {
  const { t } = useTranslation("landing");
  const config = useConfig();
  return (
    <footer className="mt-12 flex min-h-8 flex-wrap items-center gap-x-5 gap-y-1 text-sm text-quiet">
      {config !== null && <span>{t("footer.version", { version: config.version })}</span>}
      <a href={pathOf("/api/docs")} className="rounded-md py-1 underline underline-offset-4 hover:text-text">
        {t("footer.api")}
      </a>
      <Link href="/connection-test" className="rounded-md py-1 underline underline-offset-4 hover:text-text">
        {t("footer.test")}
      </Link>
    </footer>
  );
}
