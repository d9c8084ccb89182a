import { useState } from "react";
import { useTranslation } from "react-i18next";
import { deleteRoom, dismissMember, endCall } from "../../api/rooms";
import type { Account, RoomDetails } from "../../client/httpTypes";
import { errorText } from "../../i18n/errors";
import { notify } from "../../notices/notices";
import { roomLink } from "../call/invite";
import { ConfirmDialog } from "../ui/Dialog";
import { ManageDialog } from "./ManageDialog";
import type { RoomAction } from "./RoomCard";
import { ShareDialog } from "./ShareDialog";

interface RoomDialogsProps {
  action: RoomAction;
  room: RoomDetails;
  user: Account;
  onClose: () => void;
  onChanged: () => void;
}

/** What a menu of a room leads to. */
export function RoomDialogs({ action, room, user, onClose, onChanged }: RoomDialogsProps) {
  const { t } = useTranslation("lobby");
  switch (action) {
    case "share":
      return (
        <ShareDialog
          link={roomLink(room.code)}
          code={room.code}
          title={room.title || t("room.untitled")}
          onClose={onClose}
        />
      );
    case "settings":
    case "members":
    case "bans":
      return <ManageDialog room={room} tab={action} onClose={onClose} onChanged={onChanged} />;
    default:
      return <Confirm action={action} room={room} user={user} onClose={onClose} onChanged={onChanged} />;
  }
}

type Final = "end" | "delete" | "leave";

function Confirm({ action, room, user, onClose, onChanged }: RoomDialogsProps & { action: Final }) {
  const { t } = useTranslation("lobby");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const deeds: Record<Final, () => Promise<void>> = {
    end: () => endCall(room.id),
    delete: () => deleteRoom(room.id),
    leave: () => dismissMember(room.id, user.id),
  };
  const confirm = (): void => {
    setBusy(true);
    deeds[action]()
      .then(
        () => {
          onChanged();
          onClose();
          notify(t(`${action}.done`), { kind: "good" });
        },
        (error: unknown) => setProblem(errorText(error)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t(`${action}.title`, { name: room.title || t("room.untitled") })}
      text={t(`${action}.text`)}
      action={t(`${action}.submit`)}
      dangerous
      busy={busy}
      problem={problem}
      onConfirm={confirm}
    />
  );
}
