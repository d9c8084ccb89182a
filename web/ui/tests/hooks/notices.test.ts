import i18next, { type TFunction } from "i18next";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Call } from "../../src/client/call";
import { CallView } from "../../src/client/callView";
import { type LocalMedia, type MediaState, NO_MEDIA } from "../../src/client/media";
import type { EventBody } from "../../src/client/signaling";
import { applyEvent, fromWelcome } from "../../src/client/state";
import { Store } from "../../src/client/store";
import { noticeOf } from "../../src/hooks/useCallNotices";
import { startTexts } from "../../src/i18n/i18n";
import { chatMessage, participant, publication, welcome } from "../fakes/messages";

let t: TFunction<"call">;
beforeAll(async () => {
  await startTexts("en");
  t = i18next.getFixedT(null, "call");
});

const before = fromWelcome(
  welcome({ you: participant("me", "Me"), participants: [participant("a", "Ada"), participant("b", "Ben")] }),
);

function setUp({ on = false } = {}) {
  const store = new Store<MediaState>({
    ...NO_MEDIA,
    microphone: { ...NO_MEDIA.microphone, on },
    camera: { ...NO_MEDIA.camera, on },
  });
  const media = {
    getSnapshot: store.getSnapshot,
    setMicrophone: vi.fn(() => Promise.resolve()),
    setCamera: vi.fn(() => Promise.resolve()),
  };
  const call = { moderate: vi.fn(() => Promise.resolve()) };
  const ui = new CallView();
  const notice = (event: EventBody, state = before) =>
    noticeOf(event, state, { call: call as unknown as Call, media: media as unknown as LocalMedia, ui, t });
  return { notice, media, call, ui };
}

const updated = (id: string, change: object): EventBody => ({
  type: "participant.updated",
  participant: id,
  name: "Ada",
  connection: "connected",
  hand: false,
  ...change,
});

describe("of others is told", () => {
  test.each<[EventBody, string | undefined]>([
    [updated("a", { hand: true }), "Ada raised their hand"],
    [updated("a", { connection: "lost" }), "Connection to Ada lost"],
    [
      updated("a", { name: "Maximiliane Alexandra von und zu", hand: true }),
      "Maximiliane Alexandra von u… raised their hand",
    ],
    [updated("a", { host: true }), undefined],
    [updated("me", { hand: true }), undefined],
    [updated("x", { hand: true }), undefined],
    [{ type: "publication.added", publication: publication("a", "screen") }, "Ada is sharing their screen"],
    [{ type: "publication.added", publication: publication("a", "camera") }, undefined],
    [{ type: "publication.added", publication: publication("me", "screen") }, undefined],
    [{ type: "reaction", participant: "a", emoji: "x" }, undefined],
  ])("%o", (event, text) => {
    expect(setUp().notice(event)?.text).toBe(text);
  });

  test("that who was lost is back", () => {
    const lost = applyEvent(before, updated("a", { connection: "lost" }), 0);
    expect(setUp().notice(updated("a", {}), lost)?.text).toBe("Ada is back");
  });
});

describe("chat", () => {
  const said = (change = {}): EventBody => ({ type: "chat", message: chatMessage(1, { text: "Hello", ...change }) });

  test("is told while it is closed, and can be opened", () => {
    const { notice, ui } = setUp();
    const told = notice(said());
    expect(told?.text).toBe("Ada: Hello");
    told?.action?.run();
    expect(ui.getSnapshot().panel).toBe("chat");
    expect(notice(said())).toBeNull();
  });

  test("to oneself alone is answered in private", () => {
    const { notice, ui } = setUp();
    const told = notice(said({ to: "me" }));
    expect(told?.text).toBe("Ada (private): Hello");
    told?.action?.run();
    expect(ui.getSnapshot()).toMatchObject({ panel: "chat", draft: { to: { id: "a" } } });
  });

  test("of one's own is not told, and a long one not whole", () => {
    const { notice } = setUp();
    expect(notice(said({ mine: true }))).toBeNull();
    expect(notice(said({ text: "x".repeat(500) }))?.text.length).toBeLessThan(130);
  });
});

describe("a host's doing", () => {
  test("is told apart from one's own", () => {
    const { notice } = setUp();
    const own = { type: "publication.updated", publication: publication("me", "microphone", true) } as const;
    expect(notice({ ...own, by: "a" })?.text).toBe("A host muted you");
    expect(notice(own)).toBeNull();
    expect(notice({ ...own, by: null })).toBeNull();
    expect(notice({ ...own, publication: publication("a", "microphone", true), by: "b" })).toBeNull();
  });

  test("asks to unmute, and only the person does it", () => {
    const { notice, media } = setUp();
    const told = notice({ type: "unmute.asked", source: "microphone", by: "Ada" });
    expect(told).toMatchObject({ text: "Ada asks you to unmute", lasts: Infinity });
    expect(media.setMicrophone).not.toHaveBeenCalled();
    told?.action?.run();
    expect(media.setMicrophone).toHaveBeenCalledExactlyOnceWith(true);
    notice({ type: "unmute.asked", source: "camera", by: "Ada" })?.action?.run();
    expect(media.setCamera).toHaveBeenCalledExactlyOnceWith(true);
    expect(notice({ type: "unmute.asked", source: "screen", by: "Ada" })).toBeNull();
    expect(setUp({ on: true }).notice({ type: "unmute.asked", source: "microphone", by: "Ada" })).toBeNull();
  });

  test("makes one a host, or not any more, and locks the room", () => {
    const { notice } = setUp();
    expect(notice({ type: "rights.updated", rights: { moderate: true } })?.text).toBe("You're a host now");
    expect(notice({ type: "rights.updated", rights: { moderate: false } })).toBeNull();
    const room = { id: "room", code: "code", title: "Room" };
    expect(notice({ type: "room.updated", room: { ...room, locked: true } })?.text).toBe("The room is now locked");
    expect(notice({ type: "room.updated", room: { ...room, title: "Other" } })).toBeNull();
  });
});

test("who waits can be let in from the notice", () => {
  const { notice, call } = setUp();
  const told = notice({ type: "waiting.joined", waiting: { id: "w", name: "Cy" } });
  expect(told?.text).toBe("Cy wants to join");
  told?.action?.run();
  expect(call.moderate).toHaveBeenCalledExactlyOnceWith({ do: "admit", waiting: "w" });
});
