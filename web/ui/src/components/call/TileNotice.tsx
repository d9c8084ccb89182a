import { useTranslation } from "react-i18next";
import { usePauseReason } from "../../hooks/useSlotPicture";

interface TileNoticeProps {
  publication: string | null;
  /** Whether the person's connection is lost. */
  lost: boolean;
}

/** Says in a tile why there is no picture, if that is worth a sentence. */
export function TileNotice({ publication, lost }: TileNoticeProps) {
  const { t } = useTranslation("call");
  const why = usePauseReason(publication);
  if (lost) return <p className="tile-notice">{t("tile.lost")}</p>;
  if (why === "codec") return <p className="tile-notice">{t("tile.unplayable")}</p>;
  if (why === "bandwidth") return <p className="tile-notice">{t("tile.tooSlow")}</p>;
  if (why === "overload") return <p className="tile-notice">{t("tile.overload")}</p>;
  return null;
}
