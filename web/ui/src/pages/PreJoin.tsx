import { type Ref, type SubmitEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useSearch } from "wouter";
import { acceptInvitation, previewByLink, previewRoom } from "../api/rooms";
import type { Joiner } from "../client/api";
import { ApiError } from "../client/http";
import type { LinkPreview, RoomPreview } from "../client/httpTypes";
import { type Ended, endOfRefusal } from "../client/ending";
import type { LocalMedia } from "../client/media";
import { DeviceProblems } from "../components/call/DeviceProblems";
import { CameraPicker, MicrophonePicker, SpeakerPicker } from "../components/call/DevicePickers";
import { Preview } from "../components/call/Preview";
import { Header } from "../components/layout/Header";
import { LONGEST_NAME } from "../components/names";
import { Button } from "../components/ui/Button";
import { Card } from "../components/ui/Card";
import { TextField } from "../components/ui/Field";
import { SwitchField } from "../components/ui/Switch";
import { useFirstStep } from "../hooks/useArrival";
import { useRemembered } from "../hooks/useRemembered";
import { useSelector } from "../hooks/useSelector";
import { useSession } from "../hooks/useSession";
import { useTitle } from "../hooks/useTitle";

interface PreJoinProps {
  code: string;
  /** The token of the personal link by which one has come: it says the name. */
  link: string | null;
  media: LocalMedia;
  joining: boolean;
  problem: string | null;
  /** Whether the server took the name with which joining was tried for none. */
  nameRefused: boolean;
  onJoin: (joiner: Joiner) => void;
  onRefused: (why: Ended) => void;
}

/** In front of the mirror: devices, name, and what there is to know of the room. */
export function PreJoin({ code, link, media, joining, problem, nameRefused, onJoin, onRefused }: PreJoinProps) {
  const { t } = useTranslation("call");
  const room = useDoor(code, link, onRefused);
  const { user } = useSession();
  const given = new URLSearchParams(useSearch()).get("name");
  const [remembered, remember] = useRemembered("milanio.name");
  const [name, setName] = useState(given ?? remembered);
  // A name in the address is meant for this call, whatever one's account says.
  const account = given === null ? user : null;
  const self = link === null ? (account ?? { name, avatar_colour: null }) : linked(room);
  const title = room?.title ?? "";
  useTitle(title || t("prejoin.title"));

  return (
    <div className="flex min-h-dvh flex-col">
      <Header />
      <main className="prejoin">
        <div className="prejoin-mirror">
          <Preview
            media={media}
            name={self.name}
            colour={self.avatar_colour}
            picture={link === null ? (account?.avatar ?? null) : null}
          />
          <DeviceProblems media={media} />
        </div>
        <Card>
          <h1 className="text-2xl break-words">{title === "" ? t("prejoin.title") : title}</h1>
          <p className="mt-1.5 min-h-6 text-[15px] text-quiet">
            {room !== null && t("prejoin.inside", { count: room.participants })}
          </p>
          <DoorNotes room={room} />
          {link !== null ? (
            <FixedForm
              name={self.name}
              joining={joining}
              problem={problem}
              onJoin={() => onJoin({ link_token: link })}
            />
          ) : account === null ? (
            <NameForm
              name={name}
              joining={joining}
              problem={problem}
              refused={nameRefused}
              onName={setName}
              onJoin={(wanted) => {
                remember(wanted);
                onJoin({ name: wanted });
              }}
            />
          ) : (
            <FixedForm name={account.name} joining={joining} problem={problem} onJoin={() => onJoin("account")} />
          )}
          <DeviceSection media={media} />
        </Card>
      </main>
    </div>
  );
}

interface NameFormProps {
  name: string;
  joining: boolean;
  problem: string | null;
  /** Whether the server took the name for none. */
  refused: boolean;
  onName: (name: string) => void;
  onJoin: (name: string) => void;
}

/** For guests: the name that the others will see. */
function NameForm({ name, joining, problem, refused, onName, onJoin }: NameFormProps) {
  const { t } = useTranslation(["call", "auth"]);
  const [missing, setMissing] = useState(false);
  const [tried, setTried] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  // On a touch screen the keys would cover the half of the door.
  const [typesFirst] = useState(() => name === "" && window.matchMedia("(pointer: fine)").matches);
  useFirstStep(typesFirst ? input : button);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wanted = name.trim();
    setMissing(wanted === "");
    setTried(name);
    if (wanted !== "") onJoin(wanted);
  };
  const wrong = refused && name === tried;
  useEffect(() => {
    if (wrong) input.current?.focus();
  }, [wrong]);
  return (
    <form onSubmit={submit} noValidate className="mt-4 grid gap-5">
      <TextField
        ref={input}
        label={t("prejoin.name")}
        value={name}
        maxLength={LONGEST_NAME}
        autoComplete="name"
        onChange={(event) => onName(event.target.value)}
        error={missing ? t("prejoin.nameMissing") : wrong ? t("auth:problem.nameRefused") : null}
      />
      <JoinButton joining={joining} problem={problem} ref={button} />
    </form>
  );
}

interface FixedFormProps {
  /** Empty: not known yet. */
  name: string;
  joining: boolean;
  problem: string | null;
  onJoin: () => void;
}

/** Who is logged in, or has come by a personal link, has a name already. */
function FixedForm({ name, joining, problem, onJoin }: FixedFormProps) {
  const { t } = useTranslation("call");
  const button = useRef<HTMLButtonElement>(null);
  useFirstStep(button);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onJoin();
  };
  return (
    <form onSubmit={submit} className="mt-4 grid gap-5">
      <p className="min-h-6 text-[15px] break-words">{name !== "" && t("prejoin.asUser", { name })}</p>
      <JoinButton joining={joining} problem={problem} ref={button} />
    </form>
  );
}

interface JoinButtonProps {
  joining: boolean;
  problem: string | null;
  ref: Ref<HTMLButtonElement>;
}

function JoinButton({ joining, problem, ref }: JoinButtonProps) {
  const { t } = useTranslation("call");
  return (
    <>
      {problem !== null && (
        <p role="alert" className="text-[15px] font-medium text-danger">
          {problem}
        </p>
      )}
      <Button type="submit" look="primary" size="lg" wide busy={joining} ref={ref}>
        {t("prejoin.join")}
      </Button>
    </>
  );
}

function DeviceSection({ media }: { media: LocalMedia }) {
  const { t } = useTranslation("call");
  const blurs = useSelector(media, (state) => state.blurs);
  const blur = useSelector(media.preferences, (preferences) => preferences.blur);
  return (
    <div className="mt-5 grid gap-4 border-t border-line pt-5">
      <MicrophonePicker media={media} />
      <CameraPicker media={media} />
      {blurs && (
        <SwitchField
          label={t("settings.blur")}
          checked={blur}
          onChange={(wanted) => media.preferences.update({ blur: wanted })}
        />
      )}
      <SpeakerPicker media={media} />
      <Link href="/connection-test" className="text-sm text-quiet underline underline-offset-4 hover:text-text">
        {t("prejoin.test")}
      </Link>
    </div>
  );
}

/** What awaits one at this door; it may still open for hosts and members, so pressing Join is always possible. */
function DoorNotes({ room }: { room: RoomPreview | LinkPreview | null }) {
  const { t } = useTranslation("call");
  if (room === null) return null;
  const byLink = "host" in room;
  // It is open for hosts, and nobody waits who has a personal link.
  if (byLink && room.host) return null;
  const notes = [
    room.locked ? t("prejoin.locked") : null,
    room.full ? t("prejoin.full") : null,
    room.access === "waiting" && !room.locked && !byLink ? t("prejoin.waits") : null,
  ].filter((note) => note !== null);
  return notes.map((note) => (
    <p key={note} className="mt-3 rounded-control bg-warning-soft px-3.5 py-2.5 text-[15px]">
      {note}
    </p>
  ));
}

/** What the server said about who has come by a personal link, once it has. */
function linked(room: RoomPreview | LinkPreview | null): Pick<LinkPreview, "name"> & { avatar_colour: string | null } {
  return room !== null && "host" in room ? room : { name: "", avatar_colour: null };
}

/** What can be known of the room before joining; null: not yet, or the server did not say. */
function useDoor(code: string, link: string | null, onRefused: (why: Ended) => void): RoomPreview | LinkPreview | null {
  const [found, setFound] = useState<RoomPreview | LinkPreview | null>(null);
  const { status } = useSession();
  // Who comes by a link is who it says, logged in or not.
  const loggedIn = link === null && status === "user";
  const isGuest = link === null && status === "guest";
  useEffect(() => {
    let gone = false;
    accepted(loggedIn)
      .then(() => (link === null ? previewRoom(code) : previewByLink(code, link)))
      .then(
        (answer) => {
          if (gone) return;
          setFound(answer);
          // Who logs in comes here again, and is then let through.
          if (answer.sign_in_required && isGuest) onRefused({ why: "sign_in_required", message: null });
        },
        (error: unknown) => {
          const end = error instanceof ApiError ? endOfRefusal(error) : null;
          // Anything else shows when one joins, and may have passed by then.
          if (!gone && end !== null && end.why !== "failed") onRefused(end);
        },
      );
    return () => {
      gone = true;
    };
  }, [code, link, loggedIn, isGuest, onRefused]);
  return found;
}

/** Uses an invitation up that the address carries behind the #, once somebody is logged in. */
async function accepted(loggedIn: boolean): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get("invite");
  if (token === null || !loggedIn) return;
  try {
    await acceptInvitation(token);
  } catch (error) {
    // Where it has been used already, joining says whether one belongs to the room.
    if (!(error instanceof ApiError) || error.code !== "bad_invitation") return;
  }
  history.replaceState(history.state, "", location.pathname + location.search);
}
