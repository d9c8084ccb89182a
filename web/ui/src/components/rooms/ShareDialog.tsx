import { Share2, Video } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, ButtonLink } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { QrCode } from "../ui/QrCode";
import { LinkField } from "./LinkField";

interface ShareDialogProps {
  /** What is shared: the link of a room, and its code. */
  link: string;
  code: string;
  title: string;
  description?: string;
  /** Whether there is a way into the room. */
  join?: boolean;
  onClose: () => void;
}

/** The ways to tell others of a room: a link, a code to be read aloud, and one for a phone's camera. */
export function ShareDialog({ link, code, title, description, join = false, onClose }: ShareDialogProps) {
  const { t } = useTranslation(["lobby", "common"]);
  return (
    <Dialog open onClose={onClose} title={title} description={description}>
      <div className="grid gap-5">
        <LinkField label={t("lobby:share.link")} link={link} primary />
        <div className="grid items-center gap-5 sm:grid-cols-[11rem_1fr]">
          <div className="mx-auto w-44">
            <QrCode text={link} label={t("common:qr.alt", { link })} />
          </div>
          <div className="grid justify-items-center gap-3 text-center sm:justify-items-start sm:text-left">
            <p className="text-[15px] text-quiet">{t("lobby:share.phone")}</p>
            <p className="text-[15px] text-quiet">
              {t("lobby:share.code")}{" "}
              <span className="font-mono text-[15px] font-semibold whitespace-nowrap text-text">{code}</span>
            </p>
            <NativeShare link={link} />
          </div>
        </div>
        {join && (
          <ButtonLink href={`/r/${code}`} look="primary" size="lg" icon={Video} wide>
            {t("lobby:share.join")}
          </ButtonLink>
        )}
      </div>
    </Dialog>
  );
}

/** The device's own way to pass a link on, where it has one. */
function NativeShare({ link }: { link: string }) {
  const { t } = useTranslation("lobby");
  if (!("share" in navigator)) return null;
  const share = (): void => {
    navigator.share({ url: link }).catch(() => {
      // Closed without choosing anybody.
    });
  };
  return (
    <Button icon={Share2} onClick={share}>
      {t("share.native")}
    </Button>
  );
}
