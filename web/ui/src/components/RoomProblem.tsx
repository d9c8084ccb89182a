import {
  Ban,
  DoorClosed,
  Hourglass,
  IdCard,
  Link2Off,
  LockKeyhole,
  LogIn,
  type LucideIcon,
  SearchX,
  ServerCrash,
  ShieldAlert,
  Unplug,
  UserX,
  Users,
} from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { openAuth } from "../hooks/useAuthDialog";
import { useSession } from "../hooks/useSession";
import { MessagePage } from "./MessagePage";
import { RoundIcon } from "./RoundIcon";
import { Button } from "./ui/Button";

type Look = "good" | "bad" | "warm";

interface Kind {
  icon: LucideIcon;
  look: Look;
  /** Whether it can be otherwise in a moment. */
  passing: boolean;
}

/** Why one is not in a room: what the server answered, and what it said when it ended things. */
const KINDS = {
  room_not_found: { icon: SearchX, look: "warm", passing: false },
  room_ended: { icon: DoorClosed, look: "warm", passing: false },
  room_full: { icon: Users, look: "warm", passing: true },
  room_locked: { icon: LockKeyhole, look: "warm", passing: true },
  members_only: { icon: IdCard, look: "warm", passing: true },
  sign_in_required: { icon: LogIn, look: "good", passing: false },
  link_expired: { icon: Hourglass, look: "warm", passing: false },
  bad_link: { icon: Link2Off, look: "warm", passing: false },
  banned: { icon: Ban, look: "bad", passing: false },
  removed: { icon: UserX, look: "bad", passing: false },
  denied: { icon: DoorClosed, look: "bad", passing: true },
  unreachable: { icon: Unplug, look: "bad", passing: true },
  unavailable: { icon: ServerCrash, look: "bad", passing: true },
  rate_limited: { icon: Hourglass, look: "warm", passing: true },
  insecure: { icon: ShieldAlert, look: "bad", passing: false },
} as const satisfies Record<string, Kind>;

export type RoomProblemCode = keyof typeof KINDS;

/** Codes of the server that are told like another one. */
const SAMES = new Map<string, RoomProblemCode>([
  ["too_many", "rate_limited"],
  ["busy", "unavailable"],
]);

/** The problem that an error code of the server means; null: none that has a page. */
export function roomProblem(code: string): RoomProblemCode | null {
  return Object.hasOwn(KINDS, code) ? (code as RoomProblemCode) : (SAMES.get(code) ?? null);
}

/** Whether it is the personal link that is no good, so that somebody may still join as anyone else does. */
export function isAboutLink(problem: string): boolean {
  return problem === "link_expired" || problem === "bad_link";
}

interface RoomProblemProps {
  problem: RoomProblemCode;
  /** Called by a button, where it can help, and once somebody has logged in. After a bad link: without the link. */
  onRetry: () => void;
}

/** The whole page, in place of a room that one cannot enter. */
export function RoomProblem({ problem, onRetry }: RoomProblemProps) {
  const { t } = useTranslation(["problems", "common"]);
  const { status } = useSession();
  useRetryOnLogIn(onRetry);
  const { icon, look, passing } = KINDS[problem];
  const byLink = isAboutLink(problem);
  const byLogIn = status === "guest" && (problem === "sign_in_required" || problem === "members_only");
  return (
    <MessagePage
      art={<RoundIcon icon={icon} look={look} />}
      title={t(`problems:${problem}.title`)}
      text={t(`problems:${problem}.text`)}
    >
      {byLogIn && (
        <Button look="primary" icon={LogIn} onClick={() => openAuth("login")}>
          {t("common:header.login")}
        </Button>
      )}
      {byLink && (
        <Button look="secondary" onClick={onRetry}>
          {t("problems:withoutLink")}
        </Button>
      )}
      {passing && !byLogIn && (
        <Button look="primary" onClick={onRetry}>
          {t("common:action.retry")}
        </Button>
      )}
    </MessagePage>
  );
}

function useRetryOnLogIn(onRetry: () => void): void {
  const { user } = useSession();
  const before = useRef(user);
  useEffect(() => {
    const came = user !== null && before.current === null;
    before.current = user;
    if (came) onRetry();
  }, [user, onRetry]);
}
