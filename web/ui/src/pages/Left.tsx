import { Copy, DoorOpen, type LucideIcon, LogOut, PhoneOff, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { MessagePage } from "../components/MessagePage";
import { RoomProblem, roomProblem } from "../components/RoomProblem";
import { RoundIcon } from "../components/RoundIcon";
import { Button } from "../components/ui/Button";
import type { Ended } from "../client/ending";

interface LeftProps {
  ended: Ended;
  onAgain: () => void;
}

const ICONS = { left: DoorOpen, replaced: Copy, ended: PhoneOff, signed_out: LogOut } satisfies Record<
  string,
  LucideIcon
>;

/** After the call, or in place of it: why, and how to go on. */
export function Left({ ended, onAgain }: LeftProps) {
  const { t } = useTranslation("call");
  const { why } = ended;
  const problem = roomProblem(why);
  if (problem !== null) return <RoomProblem problem={problem} onRetry={onAgain} />;
  switch (why) {
    case "room_closed":
    case "room_expired":
      return <RoomProblem problem="room_ended" onRetry={onAgain} />;
    case "left":
    case "replaced":
    case "ended":
    case "signed_out":
      return (
        <MessagePage art={<RoundIcon icon={ICONS[why]} />} title={t(`left.${why}.title`)} text={t(`left.${why}.text`)}>
          <Rejoin onAgain={onAgain} />
        </MessagePage>
      );
    default:
      return (
        <MessagePage
          art={<RoundIcon icon={TriangleAlert} look="bad" />}
          title={t("left.failed.title")}
          text={t("left.failed.text")}
        >
          <Rejoin onAgain={onAgain} />
        </MessagePage>
      );
  }
}

function Rejoin({ onAgain }: { onAgain: () => void }) {
  const { t } = useTranslation("call");
  return (
    <Button look="primary" onClick={onAgain}>
      {t("left.rejoin")}
    </Button>
  );
}
