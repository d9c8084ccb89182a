import {
  Ban,
  Check,
  Copy,
  DoorClosed,
  EllipsisVertical,
  LockKeyhole,
  LogOut,
  PhoneOff,
  QrCode,
  Settings2,
  Trash2,
  Users,
  Video,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import type { RoomDetails, RoomParticipant } from "../../client/httpTypes";
import { useCopy } from "../../hooks/useCopy";
import { currentLanguage } from "../../i18n/i18n";
import { nowSeconds, relativeTime } from "../../lib/time";
import { roomLink } from "../call/invite";
import { Avatar } from "../ui/Avatar";
import { ButtonLink } from "../ui/Button";
import { IconButton } from "../ui/IconButton";
import { Menu, MenuItem, MenuSeparator } from "../ui/Menu";

export type RoomAction = "share" | "settings" | "members" | "bans" | "end" | "delete" | "leave";

interface RoomCardProps {
  room: RoomDetails;
  /** Who is inside, as far as it is known. */
  people: readonly RoomParticipant[];
  onAction: (action: RoomAction) => void;
}

const MOST_FACES = 5;

/** A room in the lobby. */
export function RoomCard({ room, people, onAction }: RoomCardProps) {
  const { t } = useTranslation("lobby");
  const { copied, copy } = useCopy();
  const live = room.participants > 0;
  const name = room.title || t("room.untitled");
  return (
    <article
      aria-label={name}
      className="flex h-full flex-col gap-4 rounded-card border border-line bg-surface p-5 shadow-card"
    >
      <div className="flex items-start gap-2">
        <div className="min-w-0 grow">
          <h3 className="line-clamp-2 text-lg break-words">{name}</h3>
          <p className="mt-0.5 truncate font-mono text-[13px] text-quiet">{room.code}</p>
        </div>
        <span className="-mt-1.5 -mr-2">
          <RoomMenu room={room} name={name} onAction={onAction} />
        </span>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <StatePill room={room} />
        <Marks room={room} />
      </div>
      <p className="min-h-6 grow text-sm text-quiet">
        {live ? <Faces room={room} people={people} /> : <LastUsed room={room} />}
      </p>
      <div className="flex gap-2">
        <span className="grid grow">
          <ButtonLink href={`/r/${room.code}`} look={live ? "primary" : "secondary"} icon={Video}>
            {t("room.join")}
            {/* One of many: those who only hear it must know which. */}
            <span className="sr-only">{name}</span>
          </ButtonLink>
        </span>
        <IconButton
          icon={copied ? Check : Copy}
          label={copied ? t("room.copied") : t("room.copy", { name })}
          onClick={() => copy(roomLink(room.code))}
        />
      </div>
    </article>
  );
}

function StatePill({ room }: { room: RoomDetails }) {
  const { t } = useTranslation("lobby");
  if (room.participants > 0) {
    return (
      <span className="inline-flex min-h-7 items-center gap-2 rounded-full bg-success-soft px-3 text-sm font-semibold text-success">
        <span aria-hidden className="size-2 animate-pulse rounded-full bg-success" />
        {t("room.live", { count: room.participants })}
      </span>
    );
  }
  return (
    <span className="inline-flex min-h-7 items-center rounded-full bg-raised px-3 text-sm font-semibold text-quiet">
      {room.state === "created" ? t("room.new") : t("room.empty")}
    </span>
  );
}

function Marks({ room }: { room: RoomDetails }) {
  const { t } = useTranslation("lobby");
  const marks = [
    { shown: room.locked, icon: LockKeyhole, text: t("room.locked") },
    { shown: room.access === "waiting", icon: DoorClosed, text: t("access.waiting") },
    { shown: room.access === "members", icon: Users, text: t("access.members") },
  ].filter(({ shown }) => shown);
  return (
    <>
      {marks.map(({ icon: Icon, text }) => (
        <span key={text} className="inline-flex items-center gap-1.5 text-sm text-quiet">
          <Icon aria-hidden size={16} />
          {text}
        </span>
      ))}
      {room.role !== "owner" && room.role !== null && (
        <span className="text-sm text-quiet">{t(`role.${room.role}`)}</span>
      )}
    </>
  );
}

function Faces({ room, people }: { room: RoomDetails; people: readonly RoomParticipant[] }) {
  const { t } = useTranslation("lobby");
  const names = people.slice(0, MOST_FACES).map((person) => person.name);
  const rest = Math.max(0, room.participants - names.length);
  return (
    <span className="flex items-center gap-2">
      <span className="flex -space-x-2">
        {people.slice(0, MOST_FACES).map((person) => (
          <Avatar key={person.id} name={person.name} size={28} className="ring-2 ring-surface" />
        ))}
      </span>
      <span className="min-w-0 truncate">
        {rest > 0 && names.length > 0 ? t("room.andMore", { names: names.join(", "), count: rest }) : names.join(", ")}
      </span>
    </span>
  );
}

function LastUsed({ room }: { room: RoomDetails }) {
  const { t } = useTranslation("lobby");
  const [now, language] = [nowSeconds(), currentLanguage()];
  const used = relativeTime(Math.min(room.last_active_at, now), now, language);
  return (
    <>
      {room.state === "created"
        ? t("room.createdWhen", { when: relativeTime(Math.min(room.created_at, now), now, language) })
        : t("room.usedWhen", { when: used })}
      {room.expires_at !== null && (
        <span className="block">{t("room.endsWhen", { when: relativeTime(room.expires_at, now, language) })}</span>
      )}
    </>
  );
}

interface RoomMenuProps {
  room: RoomDetails;
  name: string;
  onAction: (action: RoomAction) => void;
}

function RoomMenu({ room, name, onAction }: RoomMenuProps) {
  const { t } = useTranslation("lobby");
  const hosts = room.role === "owner" || room.role === "host";
  return (
    <Menu trigger={<IconButton icon={EllipsisVertical} label={t("room.more", { name })} look="ghost" />}>
      <MenuItem icon={QrCode} onSelect={() => onAction("share")}>
        {t("menu.share")}
      </MenuItem>
      {hosts && (
        <>
          <MenuItem icon={Settings2} onSelect={() => onAction("settings")}>
            {t("menu.settings")}
          </MenuItem>
          <MenuItem icon={Users} onSelect={() => onAction("members")}>
            {t("menu.members")}
          </MenuItem>
          <MenuItem icon={Ban} onSelect={() => onAction("bans")}>
            {t("menu.bans")}
          </MenuItem>
          <MenuSeparator />
          <MenuItem icon={PhoneOff} disabled={room.participants === 0} onSelect={() => onAction("end")}>
            {t("menu.end")}
          </MenuItem>
        </>
      )}
      {room.role === "owner" ? (
        <MenuItem icon={Trash2} dangerous onSelect={() => onAction("delete")}>
          {t("menu.delete")}
        </MenuItem>
      ) : (
        <MenuItem icon={LogOut} dangerous onSelect={() => onAction("leave")}>
          {t("menu.leave")}
        </MenuItem>
      )}
    </Menu>
  );
}
