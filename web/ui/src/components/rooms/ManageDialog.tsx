import { useState } from "react";
import { useTranslation } from "react-i18next";
import { changeRoom } from "../../api/rooms";
import type { RoomDetails } from "../../client/httpTypes";
import { useRoomSettings } from "../../hooks/useRoomSettings";
import { notify } from "../../notices/notices";
import { Button } from "../ui/Button";
import { Dialog, DialogCancel } from "../ui/Dialog";
import { Problem } from "../ui/Problem";
import { Tabs } from "../ui/Tabs";
import { BansPanel } from "./BansPanel";
import { MembersPanel } from "./MembersPanel";
import { RoomSettingsFields } from "./RoomSettingsFields";
import { changesOf, settingsOf } from "./settings";

export type ManageTab = "settings" | "members" | "bans";

interface ManageDialogProps {
  room: RoomDetails;
  tab: ManageTab;
  onClose: () => void;
  onChanged: () => void;
}

/** Settings of a room, its members, and who is banned from it. */
export function ManageDialog({ room, tab: first, onClose, onChanged }: ManageDialogProps) {
  const { t } = useTranslation("lobby");
  const [tab, setTab] = useState(first);
  return (
    <Dialog open onClose={onClose} title={room.title || t("room.untitled")} description={room.code}>
      <Tabs
        label={t("manage.label")}
        value={tab}
        onChange={setTab}
        tabs={[
          {
            value: "settings",
            label: t("manage.settings"),
            content: <SettingsForm room={room} onClose={onClose} onChanged={onChanged} />,
          },
          { value: "members", label: t("manage.members"), content: <MembersPanel room={room} /> },
          { value: "bans", label: t("manage.bans"), content: <BansPanel room={room} /> },
        ]}
      />
    </Dialog>
  );
}

function SettingsForm({ room, onClose, onChanged }: Omit<ManageDialogProps, "tab">) {
  const { t } = useTranslation(["lobby", "common"]);
  // As they were when it was opened: the list behind it goes on being asked for.
  const [before] = useState(() => settingsOf(room));
  const form = useRoomSettings(before, async (settings) => {
    await changeRoom(room.id, changesOf(before, settings));
    onChanged();
    onClose();
    notify(t("lobby:manage.saved"), { kind: "good" });
  });
  return (
    <form
      noValidate
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        form.save();
      }}
    >
      <Problem text={form.problem} />
      <RoomSettingsFields form={form} />
      <div className="flex flex-wrap justify-end gap-3">
        <DialogCancel />
        <Button type="submit" look="primary" busy={form.busy}>
          {t("common:action.save")}
        </Button>
      </div>
    </form>
  );
}
