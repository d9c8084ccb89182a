import type { TFunction } from "i18next";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Call } from "../client/call";
import type { CallView } from "../client/callView";
import type { LocalMedia } from "../client/media";
import type { EventBody } from "../client/signaling";
import { senderOf } from "../client/receiver";
import { type CallState, findParticipant } from "../client/state";
import { forget, notify, type NoticeOptions } from "../notices/notices";
import { graphemes } from "../lib/graphemes";
import type { CallParts } from "./useCallContext";

/** Comings and goings within this time are told together. */
const TOGETHER_MS = 700;
const COMING_MS = 3000;
/** Characters of a name in a notice: what happens is to be read as well. */
const MOST_OF_NAME = 28;
/** In larger calls nobody is told who comes, goes or raises a hand: the list of people shows it. */
const FEW = 8;
/** Of notices that tell what happens in the call. */
const TOPIC = "call";

/** Tells of what happens in the call, in passing, with a way to answer where there is one. */
export function useCallNotices({ call, media, ui }: Pick<CallParts, "call" | "media" | "ui">): void {
  const { t } = useTranslation("call");
  useEffect(() => {
    const crowd = new Crowd(t, () => isSmall(call.getSnapshot()));
    const takeBack = new Map<string, () => void>();
    let chatNotice = (): void => undefined;
    const stopReading = ui.subscribe(() => {
      if (ui.getSnapshot().panel === "chat") chatNotice();
    });
    const stop = call.onEvent((event, before) => {
      if (event.type === "participant.joined") crowd.add("joined", event.participant.name);
      else if (event.type === "participant.left") tellLeft(crowd, event, before);
      else if (event.type === "waiting.left") takeBack.get(event.waiting)?.();
      else {
        const notice = noticeOf(event, before, { call, media, ui, t });
        if (notice === null) return;
        // One message at a time: the others are counted at the button.
        if (event.type === "chat") chatNotice();
        const passing = notice.kind === undefined && (notice.action === undefined || event.type === "chat");
        const dismiss = notify(notice.text, { passing, ...notice, topic: TOPIC });
        if (event.type === "chat") chatNotice = dismiss;
        if (event.type === "waiting.joined") takeBack.set(event.waiting.id, dismiss);
      }
    });
    return () => {
      stop();
      stopReading();
      crowd.stop();
      // What happened in the call is of no use on the page after it.
      forget(TOPIC);
    };
  }, [call, media, ui, t]);
}

function shortName(name: string): string {
  const characters = graphemes(name);
  return characters.length <= MOST_OF_NAME
    ? name
    : `${characters
        .slice(0, MOST_OF_NAME - 1)
        .join("")
        .trimEnd()}…`;
}

/** Whether few enough are in the call to be told of each. */
function isSmall({ participants }: CallState): boolean {
  return participants.length <= FEW;
}

type Left = Extract<EventBody, { type: "participant.left" }>;

function tellLeft(crowd: Crowd, { participant, why }: Left, before: CallState): void {
  const name = findParticipant(before, participant)?.name;
  // Who is replaced is back already, under another id.
  if (name !== undefined && participant !== before.you && why !== "replaced") crowd.add(why, name);
}

type Coming = "joined" | Exclude<Left["why"], "replaced">;

/** Gathers those who come and go in one moment: thirty notices for thirty people would be noise. */
class Crowd {
  private readonly names = new Map<Coming, string[]>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `tells`: whether anybody is to be told of it. */
  constructor(
    private readonly t: TFunction<"call">,
    private readonly tells: () => boolean,
  ) {}

  add(what: Coming, name: string): void {
    this.names.set(what, [...(this.names.get(what) ?? []), name]);
    this.timer ??= setTimeout(() => this.tell(), TOGETHER_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private tell(): void {
    this.timer = undefined;
    const texts = [...this.names].map(([what, [first = "", ...others]]) => {
      const [name, count] = [shortName(first), others.length];
      return count === 0 ? this.t(`notice.${what}`, { name }) : this.t(`notice.${what}Many`, { name, count });
    });
    this.names.clear();
    if (this.tells()) notify(texts.join(" · "), { lasts: COMING_MS, topic: TOPIC, passing: true });
  }
}

interface NoticeParts {
  call: Call;
  media: LocalMedia;
  ui: CallView;
  t: TFunction<"call">;
}

interface Told extends NoticeOptions {
  text: string;
}

/** What to say of an event, given the state before it; null: nothing. */
export function noticeOf(event: EventBody, before: CallState, parts: NoticeParts): Told | null {
  const { t } = parts;
  switch (event.type) {
    case "participant.updated":
      return personNotice(event, before, t);
    case "publication.added":
      return sharingNotice(event.publication, before, t);
    case "publication.updated":
      return ownMutedNotice(event.publication, event.by ?? null, before, t);
    case "publications.muted":
      return mutedTogetherNotice(event.publications, event.by, before, t);
    case "chat":
      return chatNotice(event.message, parts);
    case "waiting.joined":
      return waitingNotice(event.waiting, parts);
    case "unmute.asked":
      return unmuteNotice(event, parts);
    case "rights.updated":
      return rightsNotice(event.rights.moderate ?? false, before, t);
    case "room.updated":
      return roomNotice(event.room.locked ?? false, before, t);
    default:
      return null;
  }
}

function personNotice(
  event: Extract<EventBody, { type: "participant.updated" }>,
  before: CallState,
  t: TFunction<"call">,
): Told | null {
  const participant = findParticipant(before, event.participant);
  if (participant === undefined || participant.id === before.you) return null;
  const name = shortName(event.name);
  // Hosts call on people.
  if (event.hand && !participant.hand && (isSmall(before) || before.rights.moderate))
    return { text: t("notice.hand", { name }) };
  if (!isSmall(before)) return null;
  if (event.connection === "lost" && participant.connection !== "lost")
    return { text: t("notice.connectionLost", { name }) };
  if (event.connection === "connected" && participant.connection === "lost")
    return { text: t("notice.back", { name }) };
  return null;
}

type PublicationOf<Type extends EventBody["type"]> = Extract<
  Extract<EventBody, { type: Type }>,
  { publication: object }
>["publication"];

function sharingNotice(
  { source, participant }: PublicationOf<"publication.added">,
  before: CallState,
  t: TFunction<"call">,
): Told | null {
  if (source !== "screen" || participant === before.you) return null;
  const name = findParticipant(before, participant)?.name;
  return name === undefined ? null : { text: t("notice.sharing", { name: shortName(name) }) };
}

/** One's own device is not on any more, and that is the doing of a host. */
function ownMutedNotice(
  { source, participant, muted }: PublicationOf<"publication.updated">,
  by: string | null,
  before: CallState,
  t: TFunction<"call">,
): Told | null {
  if (participant !== before.you || !muted || by === null || source === "screen_audio") return null;
  return { text: t(`notice.muted.${source}`), kind: "warning" };
}

/** The same where a host has muted everyone. */
function mutedTogetherNotice(ids: readonly string[], by: string, before: CallState, t: TFunction<"call">): Told | null {
  const own = findParticipant(before, before.you)?.publications.find(({ id }) => ids.includes(id));
  return own === undefined ? null : ownMutedNotice({ ...own, muted: true }, by, before, t);
}

function chatNotice(message: Extract<EventBody, { type: "chat" }>["message"], { ui, t }: NoticeParts): Told | null {
  if (message.mine === true || ui.getSnapshot().panel === "chat") return null;
  const personal = message.to !== null && message.to !== undefined;
  const text = message.text.length > 120 ? `${message.text.slice(0, 119)}…` : message.text;
  return {
    text: t(personal ? "notice.chatToYou" : "notice.chat", { name: shortName(message.sender_name), text }),
    action: {
      label: t("notice.open"),
      run: () => {
        if (personal) ui.writeTo(senderOf(message));
        else ui.update({ panel: "chat" });
      },
    },
  };
}

function waitingNotice(
  { id, name }: Extract<EventBody, { type: "waiting.joined" }>["waiting"],
  { call, t }: NoticeParts,
): Told {
  const admit = (): void => {
    call.moderate({ do: "admit", waiting: id }).catch(() => notify(t("failure.other"), { kind: "bad" }));
  };
  return {
    text: t("notice.waiting", { name: shortName(name) }),
    lasts: 20_000,
    action: { label: t("waitingList.admit"), run: admit },
  };
}

/** Asked, never done for them: it is the person who turns it on. */
function unmuteNotice(
  { source, by }: Extract<EventBody, { type: "unmute.asked" }>,
  { media, t }: NoticeParts,
): Told | null {
  const { microphone, camera } = media.getSnapshot();
  if (source === "microphone" && !microphone.on) {
    const run = (): void => void media.setMicrophone(true);
    return {
      text: t("notice.unmuteAsked", { name: shortName(by) }),
      lasts: Infinity,
      action: { label: t("notice.unmute"), run },
    };
  }
  if (source === "camera" && !camera.on) {
    const run = (): void => void media.setCamera(true);
    return {
      text: t("notice.cameraAsked", { name: shortName(by) }),
      lasts: Infinity,
      action: { label: t("notice.cameraOn"), run },
    };
  }
  return null;
}

function rightsNotice(host: boolean, before: CallState, t: TFunction<"call">): Told | null {
  if (host === before.rights.moderate) return null;
  return { text: t(host ? "notice.hostNow" : "notice.hostNoMore"), kind: host ? "good" : "info" };
}

function roomNotice(locked: boolean, before: CallState, t: TFunction<"call">): Told | null {
  if (before.room === null || before.room.locked === locked) return null;
  return { text: t(locked ? "notice.locked" : "notice.unlocked") };
}
