import { useTranslation } from "react-i18next";
import { createRoom } from "../../api/rooms";
import { NEW_ROOM, type RoomDetails } from "../../client/httpTypes";
import { useRoomSettings } from "../../hooks/useRoomSettings";
import { Button } from "../ui/Button";
import { Dialog, DialogCancel } from "../ui/Dialog";
import { Problem } from "../ui/Problem";
import { RoomSettingsFields } from "./RoomSettingsFields";

interface CreateRoomDialogProps {
  onClose: () => void;
  onCreated: (room: RoomDetails) => void;
}

export function CreateRoomDialog({ onClose, onCreated }: CreateRoomDialogProps) {
  const { t } = useTranslation(["lobby", "common"]);
  const form = useRoomSettings(NEW_ROOM, async (settings) => onCreated(await createRoom(settings)));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("lobby:create.title")}
      description={t("lobby:create.text")}
      footer={
        <>
          <DialogCancel />
          <Button type="submit" form="create-room" look="primary" busy={form.busy}>
            {t("common:createRoom")}
          </Button>
        </>
      }
    >
      <form
        id="create-room"
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          form.save();
        }}
      >
        <Problem text={form.problem} />
        <RoomSettingsFields form={form} />
      </form>
    </Dialog>
  );
}
