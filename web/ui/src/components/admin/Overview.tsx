import { RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import * as admin from "../../api/admin";
import type { AdminFinding, Health } from "../../client/httpTypes";
import { useDates } from "../../hooks/useDates";
import { useLoaded } from "../../hooks/useLoaded";
import { findingText } from "../../i18n/findings";
import { currentLanguage } from "../../i18n/i18n";
import { cn } from "../../lib/cn";
import { Button } from "../ui/Button";
import { Section } from "../ui/Card";
import { Problem } from "../ui/Problem";
import { Spinner } from "../ui/Spinner";

/** How the server is, and what keeps it from being better. */
export function Overview() {
  return (
    <div className="grid gap-5">
      <HealthSection />
      <Findings />
    </div>
  );
}

function HealthSection() {
  const { t } = useTranslation("admin");
  const { value, problem } = useLoaded(admin.health);
  return (
    <Section title={t("health.title")}>
      <Problem text={problem} />
      {value === null ? problem === null && <Spinner /> : <Facts health={value} />}
    </Section>
  );
}

function Facts({ health }: { health: Health }) {
  const { t } = useTranslation("admin");
  const { day, time } = useDates();
  const facts: [string, string | number][] = [
    [t("health.version"), health.version],
    [t("health.since"), `${day(health.started_at)}, ${time(health.started_at)}`],
    [t("health.database"), t(health.database ? "health.databaseOk" : "health.databaseAway")],
    [t("health.rooms"), health.rooms],
    [t("health.people"), health.people],
    [t("health.media"), health.media_connections],
    [t("health.accounts"), health.accounts ?? "–"],
    [t("health.unwritten"), health.unwritten],
  ];
  if (health.certificate_ends !== null) facts.push([t("health.certificate"), day(health.certificate_ends)]);
  return (
    <>
      <Problem text={health.certificate_problem} />
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-sm text-quiet">{name}</dt>
            <dd className="font-semibold break-words tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const COLOURS: Record<AdminFinding["level"], string> = {
  ok: "text-success",
  warning: "text-warning",
  problem: "text-danger",
};

function Findings() {
  const { t } = useTranslation("admin");
  const { value, problem, reload } = useLoaded(admin.findings);
  return (
    <Section title={t("findings.title")} text={t("findings.text")}>
      <Problem text={problem} />
      {value === null ? (
        problem === null && <Spinner />
      ) : (
        <ul className="grid gap-3">
          {value.map((finding) => (
            <FindingRow key={finding.check} finding={finding} />
          ))}
        </ul>
      )}
      <div className="mt-4">
        <Button icon={RefreshCw} onClick={reload}>
          {t("findings.again")}
        </Button>
      </div>
    </Section>
  );
}

function FindingRow({ finding }: { finding: AdminFinding }) {
  const { t } = useTranslation("admin");
  const { check, language, text, advice } = findingText(finding, currentLanguage());
  return (
    <li className="grid gap-x-4 sm:grid-cols-[7rem_6rem_1fr]">
      <span className="font-semibold">{check}</span>
      <span className={cn("font-semibold", COLOURS[finding.level])}>{t(`findings.level.${finding.level}`)}</span>
      <span lang={language} className="min-w-0 text-[15px] break-words">
        {text}
        {advice !== "" && <span className="block text-quiet">{advice}</span>}
      </span>
    </li>
  );
}
