import { Compass } from "lucide-react";
import { useTranslation } from "react-i18next";
import { MessagePage } from "../components/MessagePage";
import { RoundIcon } from "../components/RoundIcon";

/** An address that leads nowhere. */
export function NotFoundPage() {
  const { t } = useTranslation("problems");
  return (
    <MessagePage art={<RoundIcon icon={Compass} look="warm" />} title={t("no_page.title")} text={t("no_page.text")} />
  );
}
