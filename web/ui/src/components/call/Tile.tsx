import { Crown, Hand, MicOff, MonitorX, SignalLow, WifiOff } from "lucide-react";
import { type CSSProperties, memo, type MouseEvent, type ReactNode, type RefObject, useCallback, useRef } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { facesAway } from "../../client/devices";
import { findParticipant, findPublication, type Participant } from "../../client/state";
import { useCallParts, useCallState, useMedia, usePreference } from "../../hooks/useCallContext";
import { useGlide } from "../../hooks/useGlide";
import { useFreshPicture } from "../../hooks/useFreshPicture";
import { useTrack } from "../../hooks/useMediaElement";
import { sameFields } from "../../hooks/useSelector";
import { useSlotPicture } from "../../hooks/useSlotPicture";
import type { TileModel } from "../../hooks/useStage";
import { cn } from "../../lib/cn";
import { Avatar } from "../ui/Avatar";
import { Button } from "../ui/Button";
import type { Rect } from "./layout/gridLayout";
import { TileMenu } from "./TileMenu";
import { TileNotice } from "./TileNotice";

/** Heights of tiles, in pixels, below which marks are smaller, and above which there is room for all. */
const COMPACT = 131;
const ROOMY = 200;

/** Where a tile stands, as a style. */
export function placed({ left, top, width, height }: Rect): CSSProperties {
  return { width, height, transform: `translate(${left}px, ${top}px)` };
}

interface TileProps {
  tile: TileModel;
  rect: Rect;
  large: boolean;
  floating: boolean;
  /** Its picture is to cover it, whatever is lost at the edges. */
  filling: boolean;
}

/** One picture on the stage. Everything that changes in it by itself is watched in here, so nothing else is drawn. */
export const Tile = memo(function Tile({ tile, ...place }: TileProps) {
  const participant = useCallState(
    useCallback((state) => findParticipant(state, tile.participant), [tile.participant]),
  );
  if (participant === undefined) return null;
  const Picture = tile.own ? OwnTile : RemoteTile;
  return <Picture tile={tile} participant={participant} {...place} />;
}, sameTile);

function sameTile(one: TileProps, other: TileProps): boolean {
  const rest = one.large === other.large && one.floating === other.floating && one.filling === other.filling;
  return rest && sameFields(one.tile, other.tile) && sameFields(one.rect, other.rect);
}

interface PictureProps extends TileProps {
  participant: Participant;
}

/** Another person's camera or screen. */
function RemoteTile(props: PictureProps) {
  const { tile, participant } = props;
  const video = useRef<HTMLVideoElement>(null);
  const publication = findPublication(participant, tile.source);
  const picture = useSlotPicture(tile.publication);
  const track = picture?.track ?? null;
  const flowing = picture !== null && !picture.paused && publication?.muted === false;
  useTrack(video, track);
  const pictured = useFreshPicture(video, flowing ? track : null, picture?.since ?? 0) && flowing;
  return (
    <TileFrame {...props} pictured={pictured} video={video}>
      <video
        ref={video}
        className={cn(
          "tile-video",
          !pictured && "tile-video-hidden",
          props.filling || fits(publication, props.rect) || "tile-video-whole",
        )}
        data-participant={participant.name}
        data-source={tile.source}
        aria-hidden="true"
        playsInline
        muted
      />
    </TileFrame>
  );
}

/** One's own camera, mirrored as one knows oneself, or one's own screen. */
function OwnTile(props: PictureProps) {
  const { tile, participant } = props;
  const video = useRef<HTMLVideoElement>(null);
  const track = useMedia((state) => (tile.source === "screen" ? state.screen : state.camera.track));
  const mirror = usePreference((preferences) => preferences.mirror);
  const publication = findPublication(participant, tile.source);
  useTrack(video, track);
  return (
    <TileFrame {...props} pictured={track !== null} video={video}>
      <video
        ref={video}
        className={cn(
          "tile-video",
          tile.source === "camera" && mirror && !facesAway(track) && "mirrored",
          track === null && "tile-video-hidden",
          props.filling || fits(publication, props.rect) || "tile-video-whole",
        )}
        data-participant={participant.name}
        data-source={tile.source}
        aria-hidden="true"
        playsInline
        muted
      />
      {tile.source === "screen" && <Sharing />}
    </TileFrame>
  );
}

/** Over one's own screen: to see oneself seeing oneself helps nobody. */
function Sharing() {
  const { t } = useTranslation("call");
  const { media } = useCallParts();
  return (
    <div className="tile-banner">
      <p className="font-semibold">{t("own.sharing")}</p>
      <Button look="danger" icon={MonitorX} onClick={() => media.stopScreen()}>
        {t("own.stopSharing")}
      </Button>
    </div>
  );
}

function screenName(name: string, own: boolean, t: TFunction<"call">): string {
  return own ? t("tile.yourScreen") : t("tile.screenOf", { name });
}

function avatarSize({ width, height }: Rect): { width: number; fontSize: number } {
  const size = Math.round(Math.min(168, Math.max(34, 0.4 * Math.min(width, height))));
  return { width: size, fontSize: Math.round(size * 0.37) };
}

/** Whether a picture may be cropped to its tile: not where half of it would be lost, a phone's held upright say. */
function fits(picture: { width?: number | null; height?: number | null } | null, rect: Rect): boolean {
  if (!picture?.width || !picture.height) return true;
  const ratio = picture.width / picture.height / (rect.width / rect.height);
  return ratio > 0.45 && ratio < 2.7;
}

interface TileFrameProps extends PictureProps {
  /** Whether the picture below is to be seen; else the avatar is. */
  pictured: boolean;
  video: RefObject<HTMLVideoElement | null>;
  children: ReactNode;
}

/** Whether it was the picture that was hit: not a button on it, nor the menu, which stands elsewhere in the page. */
function isPicture({ target, currentTarget }: MouseEvent<HTMLElement>): boolean {
  return target instanceof Element && currentTarget.contains(target) && target.closest("button") === null;
}

/** A tile without its picture: name, marks, avatar, menu. */
function TileFrame({ tile, participant, rect, large, floating, pictured, video, children }: TileFrameProps) {
  const { t } = useTranslation("call");
  const { ui } = useCallParts();
  const { source, own } = tile;
  const camera = source === "camera";
  const speaking = useCallState(useCallback(({ speakers }) => speakers.includes(participant.id), [participant.id]));
  const name = own ? t("tile.you", { name: participant.name }) : participant.name;
  const lost = participant.connection === "lost";
  const frame = useRef<HTMLDivElement>(null);
  useGlide(frame, rect);
  return (
    <div
      ref={frame}
      role="group"
      // A tap focuses it, which shows its menu where there is no pointer to hover.
      tabIndex={-1}
      aria-label={camera ? name : screenName(participant.name, own, t)}
      // As people know it from elsewhere; the menu has the same for everybody.
      onDoubleClick={(event) => {
        if (!own && isPicture(event)) ui.togglePin(tile.key);
      }}
      className={cn(
        "tile",
        `tile-${source}`,
        speaking && camera && "tile-speaking",
        floating && "tile-floating",
        rect.height < COMPACT && "tile-compact",
        rect.height > ROOMY && "tile-roomy",
      )}
      style={placed(rect)}
      data-large={large || undefined}
    >
      {children}
      {!pictured && (
        <span className="tile-avatar" style={avatarSize(rect)}>
          <Avatar name={participant.name} colour={participant.colour} picture={participant.avatar} size="fill" />
        </span>
      )}
      <TileNotice publication={tile.publication} lost={lost} />
      <TileLabel tile={tile} participant={participant} name={name} />
      {camera && participant.hand && <RaisedHand participant={participant.id} />}
      <TileMenu tile={tile} participant={participant} video={video} />
    </div>
  );
}

interface TileLabelProps {
  tile: TileModel;
  participant: Participant;
  name: string;
}

const TileLabel = memo(function TileLabel({ tile, participant, name }: TileLabelProps) {
  const { t } = useTranslation("call");
  const camera = tile.source === "camera";
  const microphone = findPublication(participant, "microphone");
  const silent = camera && (microphone === null || microphone.muted);
  return (
    <div className="tile-label">
      {silent && <MicOff size={16} className="tile-silent" role="img" aria-label={t("mark.muted")} />}
      {camera && participant.host && <Crown size={15} role="img" aria-label={t("mark.host")} />}
      <span className="tile-name">{camera ? name : screenName(participant.name, tile.own, t)}</span>
      {camera && <QualityMark participant={participant} />}
    </div>
  );
});

/** That someone's connection is not good, and what that means for them and the others. */
export function QualityMark({ participant }: { participant: Participant }) {
  const { t } = useTranslation("call");
  const { id, name, connection } = participant;
  const measured = useCallState(useCallback(({ quality }) => quality[id]?.level ?? null, [id]));
  const own = useCallState(useCallback(({ you }) => you === id, [id]));
  const level = connection === "lost" ? "lost" : measured;
  // Nothing is told as long as nothing is wrong.
  if (level !== "lost" && level !== "poor") return null;
  const Icon = level === "lost" ? WifiOff : SignalLow;
  return (
    <span title={t(`quality.${level}${own ? "Own" : "Other"}`, { name })}>
      <Icon size={16} className={`quality-${level}`} role="img" aria-label={t(`quality.${level}`)} />
    </span>
  );
}

function RaisedHand({ participant }: { participant: string }) {
  const { t } = useTranslation("call");
  const place = useCallState(useCallback(({ hands }) => hands.indexOf(participant) + 1, [participant]));
  const several = useCallState(({ hands }) => hands.length > 1);
  return (
    <span className="tile-hand" role="img" aria-label={t("mark.hand", { place })}>
      <Hand size={18} aria-hidden />
      {several && place > 0 && <span aria-hidden>{place}</span>}
    </span>
  );
}
