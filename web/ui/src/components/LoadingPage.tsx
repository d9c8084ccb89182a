import { useTranslation } from "react-i18next";
import { Spinner } from "./ui/Spinner";

/** While the code of a page is on its way. Shows nothing at first: mostly it is there at once. */
export function LoadingPage() {
  const { t } = useTranslation();
  return (
    <div className="grid h-dvh place-items-center text-accent" role="status">
      <span className="animate-late">
        <Spinner size={36} label={t("loading")} />
      </span>
    </div>
  );
}
