import { EllipsisVertical, FlipHorizontal2, Maximize, PictureInPicture2, Pin, PinOff } from "lucide-react";
import { memo, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { facesAway } from "../../client/devices";
import type { Participant } from "../../client/state";
import { useCallParts, useCallView, useMedia, usePreference } from "../../hooks/useCallContext";
import type { TileModel } from "../../hooks/useStage";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "../ui/Menu";
import { ownViewOptions } from "./ownView";
import { PersonMenuItems } from "./PersonMenuItems";

interface TileMenuProps {
  tile: TileModel;
  participant: Participant;
  video: RefObject<HTMLVideoElement | null>;
}

/** What can be done with one picture, and, for hosts, with the person in it. */
export const TileMenu = memo(function TileMenu({ tile, participant, video }: TileMenuProps) {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const pinned = useCallView(({ pins }) => pins.includes(tile.key));
  const trigger = (
    <button type="button" className="tile-menu" aria-label={t("tile.options", { name: participant.name })}>
      <EllipsisVertical aria-hidden size={20} />
    </button>
  );
  return (
    <Menu trigger={trigger} align="end">
      {!tile.own && (
        <MenuItem icon={pinned ? PinOff : Pin} onSelect={() => ui.togglePin(tile.key)}>
          {pinned ? t("tile.unpin") : t("tile.pin")}
        </MenuItem>
      )}
      {document.pictureInPictureEnabled && (
        <MenuItem
          icon={PictureInPicture2}
          onSelect={() => void video.current?.requestPictureInPicture().catch(() => undefined)}
        >
          {t("tile.pictureInPicture")}
        </MenuItem>
      )}
      {document.fullscreenEnabled && (
        <MenuItem icon={Maximize} onSelect={() => void video.current?.requestFullscreen().catch(() => undefined)}>
          {t("tile.fullScreen")}
        </MenuItem>
      )}
      {tile.own ? tile.source === "camera" && <OwnMenuItems /> : <PersonMenuItems participant={participant} />}
    </Menu>
  );
});

/** How one's own picture is shown to oneself. */
function OwnMenuItems() {
  const { t } = useTranslation("call");
  const { preferences } = useCallParts().media;
  const mirror = usePreference((all) => all.mirror);
  const away = useMedia((state) => facesAway(state.camera.track));
  const ownView = usePreference((all) => all.ownView);
  return (
    <>
      {!away && (
        <MenuItem icon={FlipHorizontal2} onSelect={() => preferences.update({ mirror: !mirror })}>
          {t(mirror ? "own.unmirror" : "own.mirror")}
        </MenuItem>
      )}
      <MenuSeparator />
      <MenuChoice
        label={t("own.label")}
        value={ownView}
        options={ownViewOptions(t)}
        onChoose={(wanted) => preferences.update({ ownView: wanted })}
      />
    </>
  );
}
