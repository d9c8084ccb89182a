import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { PageShell } from "./layout/PageShell";
import { ButtonLink } from "./ui/Button";

interface MessagePageProps {
  title: string;
  text?: string | null;
  /** A picture above. */
  art?: ReactNode;
  /** Ways on, before the one to the home page. */
  children?: ReactNode;
  /** Whether there is a way to the home page; true where left out. */
  home?: boolean;
}

/** A page that only says something, with ways on. */
export function MessagePage({ title, text, art, children, home = true }: MessagePageProps) {
  const { t } = useTranslation();
  return (
    <PageShell title={title} layout="centre">
      {art}
      <h1 className="max-w-xl text-2xl sm:text-3xl">{title}</h1>
      {text && <p className="max-w-md text-[17px] text-balance text-quiet">{text}</p>}
      <div className="mt-2 flex flex-wrap justify-center gap-3">
        {children}
        {home && <ButtonLink href="/">{t("action.home")}</ButtonLink>}
      </div>
    </PageShell>
  );
}
