import {
  Activity,
  Camera,
  Check,
  CircleAlert,
  CircleMinus,
  Copy,
  Globe,
  type LucideIcon,
  Mic,
  Network,
  Server,
  Signal,
  TriangleAlert,
  Volume2,
  Waypoints,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import {
  CHECKS,
  type Check as CheckName,
  type Row,
  type TestState,
  type TurnRow,
  type Verdict,
} from "../client/connectionTest";
import { playTestSound } from "../client/testSound";
import { PageShell } from "../components/layout/PageShell";
import { Button } from "../components/ui/Button";
import { Card } from "../components/ui/Card";
import { Spinner } from "../components/ui/Spinner";
import { useConnectionTest } from "../hooks/useConnectionTest";
import { useCopy } from "../hooks/useCopy";
import { currentLanguage } from "../i18n/i18n";
import { cn } from "../lib/cn";

const ICONS: Record<CheckName, LucideIcon> = {
  browser: Globe,
  server: Server,
  media: Activity,
  udp: Network,
  tcp: Network,
  video: Signal,
  microphone: Mic,
  camera: Camera,
  speakers: Volume2,
};

const VERDICT_ICONS: Record<Exclude<Verdict, "waiting" | "running">, LucideIcon> = {
  good: Check,
  warning: TriangleAlert,
  bad: CircleAlert,
  blocked: CircleAlert,
  skipped: CircleMinus,
};

const COLOURS: Record<Verdict, string> = {
  waiting: "text-quiet",
  running: "text-quiet",
  good: "text-success",
  warning: "text-warning",
  bad: "text-danger",
  blocked: "text-warning",
  skipped: "text-quiet",
};

/** Whether calls will work here, before anybody calls; its result can be copied for whoever helps. */
export function ConnectionTestPage() {
  const { t } = useTranslation("connection");
  const { t: common } = useTranslation();
  const { state, run } = useConnectionTest(t("title"));
  const { copied, copy } = useCopy();
  const report = useReport();
  return (
    <PageShell title={t("title")} layout="narrow">
      <h1 className="pt-4 text-3xl">{t("title")}</h1>
      <p className="mt-2 text-[17px] text-quiet">{t("text")}</p>
      <div className="mt-5 flex flex-wrap gap-3">
        <Button look="primary" size="lg" icon={Activity} busy={state.running} onClick={run}>
          {t(state.running ? "running" : state.finished === null ? "start" : "again")}
        </Button>
        {state.finished !== null && (
          <Button size="lg" icon={Copy} onClick={() => copy(report(state))}>
            {copied ? common("action.copied") : t("copy")}
          </Button>
        )}
      </div>
      {state.finished !== null && <p className="mt-2 text-sm text-quiet">{t("copyHint")}</p>}
      <Card className="mt-5">
        <ul aria-live="polite" className="grid gap-5">
          {listed(state).map(({ check, row }, index) => (
            <Result key={index} check={check} row={row} />
          ))}
        </ul>
      </Card>
    </PageShell>
  );
}

interface Listed {
  check: CheckName | "turn";
  row: Row | TurnRow;
}

/** All rows in order: the ways through TURN servers follow those that need none. */
function listed({ rows, turn }: TestState): Listed[] {
  return CHECKS.flatMap((check): Listed[] => [
    { check, row: rows[check] },
    ...(check === "tcp" ? turn.map((row) => ({ check: "turn" as const, row })) : []),
  ]);
}

function Result({ check, row }: Listed) {
  const { t } = useTranslation("connection");
  const says = useOutcome();
  const Icon = check === "turn" ? Waypoints : ICONS[check];
  const text = row.verdict === "waiting" ? "" : says(row);
  return (
    <li className="flex items-start gap-3">
      <Icon aria-hidden size={22} className="mt-0.5 shrink-0 text-quiet" />
      <div className="min-w-0 grow">
        <div className="flex items-baseline justify-between gap-3">
          <h2 className="min-w-0 text-base break-words">{t(`check.${check}`, { ...row })}</h2>
          <span className={cn("flex shrink-0 items-center gap-1.5 text-sm font-semibold", COLOURS[row.verdict])}>
            <VerdictIcon verdict={row.verdict} />
            {t(`verdict.${row.verdict}`)}
          </span>
        </div>
        {text !== "" && <p className="mt-0.5 text-[15px] break-words text-quiet">{text}</p>}
        {check === "speakers" && (
          <div className="mt-2">
            <Button icon={Volume2} onClick={() => void playTestSound(null, () => undefined)}>
              {t("play")}
            </Button>
          </div>
        )}
      </div>
    </li>
  );
}

function VerdictIcon({ verdict }: { verdict: Verdict }) {
  if (verdict === "waiting") return null;
  if (verdict === "running") return <Spinner size={16} />;
  const Icon = VERDICT_ICONS[verdict];
  return <Icon aria-hidden size={16} />;
}

/** Says how a check came out, with numbers as the language writes them. */
function useOutcome(): (row: Row | TurnRow) => string {
  const { t } = useTranslation("connection");
  return ({ outcome, values, ...place }) => {
    const numbers = new Intl.NumberFormat(currentLanguage(), { maximumFractionDigits: 1 });
    const written = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? numbers.format(value) : value,
    ]);
    return t(`outcome.${outcome}`, { replace: { ...place, ...Object.fromEntries(written) } });
  };
}

/** The result as text, for a message to whoever helps. */
function useReport(): (state: TestState) => string {
  const { t } = useTranslation("connection");
  const says = useOutcome();
  return (state) =>
    [
      t("report.title"),
      t("report.address", { address: location.origin }),
      t("report.when", { when: new Date(state.finished ?? 0).toISOString() }),
      t("report.browser", { agent: navigator.userAgent }),
      ...listed(state).map(
        ({ check, row }) => `${t(`check.${check}`, { ...row })}: ${t(`verdict.${row.verdict}`)} – ${says(row)}`,
      ),
    ].join("\n");
}
