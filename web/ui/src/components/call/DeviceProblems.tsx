import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { LocalMedia } from "../../client/media";
import { useSelector } from "../../hooks/useSelector";
import { Button } from "../ui/Button";

/** Why one would not be seen or heard, and what to do about it. */
export function DeviceProblems({ media }: { media: LocalMedia }) {
  const { t } = useTranslation("call");
  const insecure = useSelector(media, (state) => state.insecure);
  const microphone = useSelector(media, (state) => state.microphone.problem);
  const camera = useSelector(media, (state) => state.camera.problem);
  if (insecure) return <Problem title={t("problem.insecure.title")} text={t("problem.insecure.text")} />;
  if (microphone === null && camera === null) return null;
  if (microphone === camera && microphone !== null) {
    const retry = (): void => {
      void media.start();
    };
    return <Problem title={t(`problem.${microphone}.both`)} text={t(`problem.${microphone}.text`)} onRetry={retry} />;
  }
  return (
    <>
      {microphone !== null && (
        <Problem
          title={t(`problem.${microphone}.microphone`)}
          text={t(`problem.${microphone}.text`)}
          onRetry={() => void media.setMicrophone(true)}
        />
      )}
      {camera !== null && (
        <Problem
          title={t(`problem.${camera}.camera`)}
          text={t(`problem.${camera}.text`)}
          onRetry={() => void media.setCamera(true)}
        />
      )}
    </>
  );
}

interface ProblemProps {
  title: string;
  text: string;
  onRetry?: () => void;
}

function Problem({ title, text, onRetry }: ProblemProps) {
  const { t } = useTranslation("common");
  return (
    <div role="status" className="flex gap-3 rounded-2xl bg-warning-soft p-4 text-[15px]">
      <TriangleAlert aria-hidden size={20} className="mt-0.5 shrink-0 text-warning" />
      <div className="min-w-0 grow">
        <p className="font-semibold">{title}</p>
        <p className="mt-0.5">{text}</p>
        {onRetry && (
          <div className="mt-2.5">
            <Button onClick={onRetry}>{t("action.retry")}</Button>
          </div>
        )}
      </div>
    </div>
  );
}
