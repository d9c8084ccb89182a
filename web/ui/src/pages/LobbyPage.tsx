import { Plus, Video } from "lucide-react";
import { AnimatePresence } from "motion/react";
import * as m from "motion/react-m";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { createRoom } from "../api/rooms";
import type { Account, RoomDetails } from "../client/httpTypes";
import { EmptyRooms } from "../components/art/EmptyRooms";
import { roomLink } from "../components/call/invite";
import { PageShell } from "../components/layout/PageShell";
import { Moving } from "../components/Moving";
import { CreateRoomDialog } from "../components/rooms/CreateRoomDialog";
import { JoinForm } from "../components/rooms/JoinForm";
import { type RoomAction, RoomCard } from "../components/rooms/RoomCard";
import { RoomDialogs } from "../components/rooms/RoomDialogs";
import { ShareDialog } from "../components/rooms/ShareDialog";
import { Button } from "../components/ui/Button";
import { Problem } from "../components/ui/Problem";
import { useAttempt } from "../hooks/useAttempt";
import { type MyRooms, useMyRooms } from "../hooks/useMyRooms";

/** Of a room for one call only, in seconds: it shall not stay in the list for ever. */
const SHORT_LIFE = 86_400;

type Opened =
  { what: "create" } | { what: "created"; room: RoomDetails } | { what: RoomAction; room: RoomDetails } | null;

/** The home of somebody with an account: start, join, and look after one's rooms. */
export function LobbyPage({ user }: { user: Account }) {
  const { t } = useTranslation("lobby");
  const { refresh, ...mine } = useMyRooms();
  const [opened, setOpened] = useState<Opened>(null);
  return (
    <PageShell title={t("title")}>
      <h1 className="pt-2 pb-5 text-3xl break-words sm:pt-6">{t("greeting", { name: user.name })}</h1>
      <Start onCreate={() => setOpened({ what: "create" })} />
      <h2 className="mt-10 mb-4 text-xl">{t("rooms")}</h2>
      {mine.stale && (
        <div className="mb-4">
          <Problem text={t("stale")} />
        </div>
      )}
      <Moving>
        <RoomList mine={mine} onAction={(what, room) => setOpened({ what, room })} />
      </Moving>
      <Dialogs opened={opened} user={user} onOpen={setOpened} onChanged={refresh} />
    </PageShell>
  );
}

function Start({ onCreate }: { onCreate: () => void }) {
  const { t } = useTranslation(["lobby", "common"]);
  const [, navigate] = useLocation();
  const { busy, attempt } = useAttempt();
  const startNow = (): void =>
    attempt(async () => {
      const { code } = await createRoom({ ttl_seconds: SHORT_LIFE });
      navigate(`/r/${code}`);
    });
  return (
    <div className="grid gap-x-8 gap-y-6 rounded-card border border-line bg-surface p-5 shadow-card sm:p-6 lg:grid-cols-[auto_1fr] lg:items-start">
      <div className="grid gap-3 sm:grid-cols-2 lg:pt-6.5">
        <Button look="primary" size="lg" icon={Video} busy={busy} onClick={startNow}>
          {t("lobby:startNow")}
        </Button>
        <Button size="lg" icon={Plus} onClick={onCreate}>
          {t("common:createRoom")}
        </Button>
      </div>
      <div className="border-line max-lg:border-t max-lg:pt-5 lg:border-l lg:pl-8">
        <JoinForm />
      </div>
    </div>
  );
}

interface RoomListProps {
  mine: MyRooms;
  onAction: (action: RoomAction, room: RoomDetails) => void;
}

function RoomList({ mine, onAction }: RoomListProps) {
  const { t } = useTranslation("lobby");
  if (mine.rooms === null) return <Skeletons />;
  if (mine.rooms.length === 0) {
    return (
      <div className="grid justify-items-center gap-3 rounded-card border border-dashed border-edge px-6 py-10 text-center">
        <EmptyRooms />
        <p className="text-lg font-semibold">{t("none.title")}</p>
        <p className="max-w-md text-[15px] text-quiet">{t("none.text")}</p>
      </div>
    );
  }
  return (
    <ul className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3">
      <AnimatePresence initial={false}>
        {mine.rooms.map((room) => (
          <m.li
            key={room.id}
            layout="position"
            initial={{ opacity: 0, scale: 0.96 }}
            animate={{ opacity: 1, scale: 1 }}
            exit={{ opacity: 0, scale: 0.96 }}
          >
            <RoomCard room={room} people={mine.people[room.id] ?? []} onAction={(action) => onAction(action, room)} />
          </m.li>
        ))}
      </AnimatePresence>
    </ul>
  );
}

function Skeletons() {
  const { t } = useTranslation();
  return (
    <div
      role="status"
      aria-label={t("loading")}
      className="grid animate-late grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3"
    >
      {[1, 2, 3].map((one) => (
        <div key={one} className="h-52 animate-pulse rounded-card border border-line bg-surface" />
      ))}
    </div>
  );
}

interface DialogsProps {
  opened: Opened;
  user: Account;
  onOpen: (opened: Opened) => void;
  onChanged: () => void;
}

function Dialogs({ opened, user, onOpen, onChanged }: DialogsProps) {
  const { t } = useTranslation("lobby");
  const close = (): void => onOpen(null);
  if (opened === null) return null;
  if (opened.what === "create") {
    const created = (room: RoomDetails): void => {
      onChanged();
      onOpen({ what: "created", room });
    };
    return <CreateRoomDialog onClose={close} onCreated={created} />;
  }
  const { room } = opened;
  if (opened.what === "created") {
    return (
      <ShareDialog
        link={roomLink(room.code)}
        code={room.code}
        title={t("created.title")}
        description={t("created.text")}
        join
        onClose={close}
      />
    );
  }
  return <RoomDialogs action={opened.what} room={room} user={user} onClose={close} onChanged={onChanged} />;
}
