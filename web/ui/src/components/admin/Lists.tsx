import { useTranslation } from "react-i18next";
import * as admin from "../../api/admin";
import { useDates } from "../../hooks/useDates";
import { useLoaded } from "../../hooks/useLoaded";
import { Card } from "../ui/Card";
import { Problem } from "../ui/Problem";
import { Spinner } from "../ui/Spinner";

/** The server's settings, as they are. */
export function SettingsList() {
  const { t } = useTranslation("admin");
  const { value, problem } = useLoaded(admin.settings);
  return (
    <Card>
      <p className="text-[15px] text-quiet">{t("settings.text")}</p>
      <Problem text={problem} />
      {value === null && problem === null && <Spinner />}
      <dl className="mt-2 divide-y divide-line">
        {value?.map((setting) => (
          <div key={setting.name} className="grid gap-x-4 py-2.5 sm:grid-cols-[13rem_1fr]">
            <dt className="font-mono text-sm font-semibold break-all">{setting.name}</dt>
            <dd className="min-w-0">
              <p className="font-medium break-words">
                {setting.value}
                {setting.changed && <span className="ml-2 text-sm text-accent">{t("settings.changed")}</span>}
              </p>
              <p lang="en" className="text-sm break-words text-quiet">
                {setting.meaning}
              </p>
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** What the log has of warnings and errors. */
export function ProblemList() {
  const { t } = useTranslation("admin");
  const { day, time } = useDates();
  const { value, problem } = useLoaded(admin.problems);
  return (
    <Card>
      <p className="text-[15px] text-quiet">{t("problems.text")}</p>
      <Problem text={problem} />
      {value === null && problem === null && <Spinner />}
      {value?.length === 0 && <p className="py-6 text-center text-quiet">{t("problems.none")}</p>}
      <ul className="mt-2 divide-y divide-line">
        {value?.map((line, index) => (
          <li key={index} className="py-2.5">
            <p className="text-sm text-quiet">
              {day(line.at)}, {time(line.at)} · {line.level} · {line.source}
            </p>
            <p lang="en" className="break-words">
              {line.text}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
