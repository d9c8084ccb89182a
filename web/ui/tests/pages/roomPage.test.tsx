// @vitest-environment happy-dom
import { act, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { session } from "../../src/api/session";
import { ApiError } from "../../src/client/http";
import { TooltipProvider } from "../../src/components/ui/Tooltip";
import { changeLanguage, startTexts } from "../../src/i18n/i18n";
import { RoomPage } from "../../src/pages/RoomPage";
import { FakeConnection } from "../fakes/FakeConnection";
import { FakeServer } from "../fakes/FakeServer";
import { give, settle } from "../fakes/rendering";

const CODE = "abcde-fghjk-mnpqr";
const BY_CODE = `GET /api/rooms/by-code/${CODE}`;
const BY_LINK = "POST /api/rooms/by-link";
const JOIN = "POST /api/rooms/join";

const ROOM = {
  title: "Lesson",
  access: "members",
  locked: false,
  full: false,
  state: "active",
  participants: 2,
  sign_in_required: false,
};
const TOM = { ...ROOM, name: "Tom", host: false, avatar_colour: "#15803d" };

let answers: Record<string, unknown>;
let server: FakeServer;

beforeEach(async () => {
  vi.useFakeTimers();
  sessionStorage.clear();
  const nothing = { addEventListener: vi.fn(), removeEventListener: vi.fn() };
  give(window, { matchMedia: () => ({ matches: true, ...nothing }) });
  give(navigator, { mediaDevices: undefined, permissions: undefined, locks: undefined });
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  for (const side of ["RTCRtpSender", "RTCRtpReceiver"]) vi.stubGlobal(side, { getCapabilities: () => null });
  await startTexts("en");
  act(() => session.set({ status: "guest", user: null }));
  answers = { [BY_CODE]: ROOM, [BY_LINK]: TOM };
  server = new FakeServer((question) => {
    if (!(question in answers)) return null;
    const answer = answers[question];
    if (answer instanceof Error) throw answer;
    return answer;
  });
  server.install();
});

async function open(fragment = "#link=a.b.c"): Promise<void> {
  history.replaceState(null, "", `/r/${CODE}${fragment}`);
  render(
    <TooltipProvider>
      <RoomPage code={CODE} />
    </TooltipProvider>,
  );
  await settle();
}

const asked = (question: string): unknown[] => server.sent.filter((_, index) => server.asked[index] === question);

async function press(name: string): Promise<void> {
  fireEvent.click(screen.getByRole("button", { name }));
  await settle();
}

describe("by a personal link", () => {
  test("one joins under its name, and can't enter another", async () => {
    await open();
    expect(location.hash).toBe("");
    expect(asked(BY_LINK)).toEqual([{ code: CODE, link_token: "a.b.c" }]);
    expect(screen.getByText("You'll join as Tom.")).toBeDefined();
    expect(screen.queryByRole("textbox")).toBeNull();
    await press("Join");
    expect(asked(JOIN)).toMatchObject([{ code: CODE, link_token: "a.b.c" }]);
    expect(asked(JOIN)[0]).not.toHaveProperty("name");
    expect(server.asked).not.toContain(BY_CODE);
  });

  test("it counts for people who are logged in, too", async () => {
    const ada = { id: "ada", name: "Ada", email: "ada@example.org", avatar: null, avatar_colour: "#b91c1c" };
    act(() => session.set({ status: "user", user: ada as never }));
    await open();
    expect(screen.getByText("You'll join as Tom.")).toBeDefined();
    await press("Join");
    expect(asked(JOIN)).toMatchObject([{ link_token: "a.b.c" }]);
  });

  test.each([
    [{ access: "waiting" }, /a host will let you in/, false],
    [{ locked: true }, "The room is locked. Only hosts can join.", true],
    [{ locked: true, host: true }, "The room is locked. Only hosts can join.", false],
    [{ full: true }, "The room is full.", true],
    [{ full: true, host: true }, "The room is full.", false],
  ])("into a room that is %j, %s is said: %j", async (room, note, said) => {
    answers[BY_LINK] = { ...TOM, ...room };
    await open();
    expect(screen.getByText("You'll join as Tom.")).toBeDefined();
    expect(screen.queryByText(note) !== null).toBe(said);
  });

  test("one can join before the server has said who one is", async () => {
    answers[BY_LINK] = new ApiError("unavailable", "", 503);
    await open();
    expect(screen.queryByText(/You'll join as/)).toBeNull();
    await press("Join");
    expect(asked(JOIN)).toMatchObject([{ link_token: "a.b.c" }]);
  });

  test.each([
    ["link_expired", "This link has expired", "Dieser Link ist abgelaufen"],
    ["bad_link", "This link doesn't work", "Dieser Link funktioniert nicht"],
  ])("that is refused as %s, one is told, and may try without", async (code, english, german) => {
    answers[BY_LINK] = new ApiError(code, "", 403);
    await open();
    expect(screen.getByRole("heading", { name: english })).toBeDefined();
    await act(() => changeLanguage("de"));
    expect(screen.getByRole("heading", { name: german })).toBeDefined();
    await press("Ohne diesen Link beitreten");
    expect(server.asked).toContain(BY_CODE);
    expect(screen.getByRole("textbox", { name: "Ihr Name" })).toBeDefined();
    expect(sessionStorage.getItem(`milanio.link.${CODE}`)).toBeNull();
  });

  test("that ends while one looks into the mirror, one is told when joining", async () => {
    await open();
    answers[JOIN] = new ApiError("bad_link", "", 403);
    await press("Join");
    expect(screen.getByRole("heading", { name: "This link doesn't work" })).toBeDefined();
  });
});

test("without a link, guests enter a name", async () => {
  await open("");
  expect(server.asked).toContain(BY_CODE);
  expect(server.asked).not.toContain(BY_LINK);
  fireEvent.change(screen.getByRole("textbox", { name: "Your name" }), { target: { value: "Eve" } });
  await press("Join");
  expect(asked(JOIN)).toMatchObject([{ code: CODE, name: "Eve" }]);
  expect(asked(JOIN)[0]).not.toHaveProperty("link_token");
});
