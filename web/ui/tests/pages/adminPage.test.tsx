// @vitest-environment happy-dom
import { act, fireEvent, render, screen, within } from "@testing-library/react";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { session } from "../../src/api/session";
import { ApiError } from "../../src/client/http";
import { SCOPES } from "../../src/components/admin/NewKeyDialog";
import { TooltipProvider } from "../../src/components/ui/Tooltip";
import { changeLanguage, startTexts } from "../../src/i18n/i18n";
import { AdminPage } from "../../src/pages/AdminPage";
import { FakeServer } from "../fakes/FakeServer";
import { give, pass, settle, told } from "../fakes/rendering";

const POLL_MS = 3000;
const NOON = 1_800_000_000;

const account = (administrator: boolean) => ({ id: "ada", name: "Ada", email: "ada@example.org", administrator });

const HEALTH = {
  version: "1.2.3",
  started_at: NOON,
  database: true,
  rooms: 3,
  people: 17,
  media_connections: 16,
  accounts: 42,
  unwritten: 0,
  certificate_ends: null as number | null,
  certificate_problem: null as string | null,
};

const ROOM = {
  id: "r1",
  code: "abcde-fghjk-mnpqr",
  title: "Monday",
  locked: false,
  people: 2,
  waiting: 1,
  poor: 1,
  received: 2_000_000,
  sent: 4_000_000,
};

const PERSON = {
  id: "p1",
  name: "Grace",
  guest: true,
  host: false,
  connection: "connected",
  quality: "poor",
  publishes: ["camera"],
  received: 2_000_000,
  sent: null,
};

const user = (id: string, more: object = {}) => ({
  id,
  email: `${id}@example.org`,
  name: id.charAt(0).toUpperCase() + id.slice(1),
  verified: true,
  disabled: false,
  administrator: false,
  created_at: NOON,
  ...more,
});

const KEY = {
  id: "k1",
  name: "Portal",
  scopes: ["rooms", "join"],
  owner: "Ada",
  created_at: NOON,
  last_used_at: null as number | null,
  expires_at: null as number | null,
};

/** What the server answers to each question; a test changes what it is about. */
let answers: Record<string, unknown>;
let server: FakeServer;

beforeEach(async () => {
  vi.useFakeTimers({ now: NOON * 1000 });
  give(window, { matchMedia: () => ({ matches: true, addEventListener: vi.fn(), removeEventListener: vi.fn() }) });
  await startTexts("en");
  answers = {
    "GET /api/admin/health": HEALTH,
    "GET /api/admin/findings": { findings: [] },
    "GET /api/admin/rooms": { rooms: [ROOM] },
    "GET /api/admin/rooms/r1": { ...ROOM, participants: [PERSON] },
    "GET /api/admin/users?text=&offset=0": { users: [user("ada", { administrator: true }), user("ben")], count: 2 },
    "GET /api/admin/keys": { keys: [KEY] },
    "GET /api/admin/settings": { settings: [] },
    "GET /api/admin/problems": { problems: [] },
  };
  server = new FakeServer((question) => {
    if (!(question in answers)) throw new Error(`nothing is said about ${question}`);
    const answer = answers[question];
    if (answer instanceof Error) throw answer;
    return answer;
  });
  server.install();
});

const refusal = (code: string, fields = {}): ApiError => new ApiError(code, "In English.", 400, fields);

/** The page as an administrator sees it, with one of its tabs open. */
async function open(tab: string): Promise<void> {
  act(() => session.set({ status: "user", user: account(true) as never }));
  render(
    <TooltipProvider>
      <AdminPage />
    </TooltipProvider>,
  );
  fireEvent.mouseDown(screen.getByRole("tab", { name: tab }));
  await settle();
}

const press = (name: string | RegExp): void => void fireEvent.click(screen.getByRole("button", { name }));

/** In the dialog that is open. */
const inDialog = () => within(screen.getByRole("dialog"));

async function choose(menu: string, item: string): Promise<void> {
  fireEvent.keyDown(screen.getByRole("button", { name: menu }), { key: "Enter" });
  await settle();
  fireEvent.click(screen.getByRole("menuitem", { name: item }));
  await settle();
}

describe("who isn't an administrator", () => {
  const show = (): void => {
    render(
      <TooltipProvider>
        <AdminPage />
      </TooltipProvider>,
    );
  };

  test("is told so, and nothing is asked", async () => {
    act(() => session.set({ status: "user", user: account(false) as never }));
    show();
    await settle();
    expect(screen.getByRole("heading").textContent).toBe("You're not an administrator");
    expect(server.asked.filter((question) => question.includes("/admin/"))).toEqual([]);
  });

  test("becomes one by the link, and is told why if it doesn't work", async () => {
    location.hash = "#token=secret";
    act(() => session.set({ status: "user", user: account(false) as never }));
    show();
    answers["POST /api/admin/claim"] = refusal("claim_refused");
    press("Become administrator");
    await settle();
    expect(server.sent.at(-1)).toEqual({ token: "secret" });
    expect(told()).toEqual([expect.stringContaining("This link has been used")]);
    expect(location.hash).toBe("");
  });

  test("has to log in first", () => {
    act(() => session.set({ status: "guest", user: null }));
    show();
    expect(screen.getByRole("heading").textContent).toBe("Log in as an administrator");
  });
});

describe("health", () => {
  const facts = (): Record<string, string> =>
    Object.fromEntries(
      screen.getAllByRole("term").map((term) => [term.textContent, term.nextElementSibling?.textContent ?? ""]),
    );

  test("is shown as it is", async () => {
    await open("Overview");
    expect(facts()).toMatchObject({ Version: "1.2.3", Database: "Answers", Calls: "3", People: "17", Accounts: "42" });
    expect(facts()).not.toHaveProperty("Certificate ends");
  });

  test("says what is wrong with the database and the certificate", async () => {
    const problem = "The authority can't reach port 80.";
    answers["GET /api/admin/health"] = {
      ...HEALTH,
      database: false,
      accounts: null,
      certificate_ends: NOON,
      certificate_problem: problem,
    };
    await open("Overview");
    expect(facts()).toMatchObject({ Database: "Doesn't answer", Accounts: "–" });
    expect(facts()).toHaveProperty("Certificate ends");
    expect(screen.getByRole("alert").textContent).toBe(problem);
  });

  test("says so if the server doesn't answer", async () => {
    answers["GET /api/admin/health"] = new Error("away");
    await open("Overview");
    expect(screen.getByRole("alert").textContent).toContain("Can't reach the server.");
  });
});

describe("checks", () => {
  const FULL = {
    check: "disk",
    level: "problem",
    text: "/srv has 80 MB left",
    advice: "Make room.",
    code: "little",
    values: { folder: "/srv", free: "80 MB" },
  };
  const rows = (): string[] => screen.getAllByRole("listitem").map((row) => row.textContent);

  test("are shown with advice, and made again when wanted", async () => {
    answers["GET /api/admin/findings"] = { findings: [FULL] };
    await open("Overview");
    expect(rows()).toEqual(["diskProblem/srv has 80 MB leftMake room."]);
    answers["GET /api/admin/findings"] = {
      findings: [{ ...FULL, level: "ok", text: "/srv can be written", advice: "", code: "writable" }],
    };
    press("Check again");
    await settle();
    expect(rows()).toEqual(["diskOK/srv can be written"]);
  });

  test("are in the language of the page, and in English what it doesn't know", async () => {
    await changeLanguage("de");
    answers["GET /api/admin/findings"] = { findings: [FULL, { ...FULL, check: "moon", level: "warning" }] };
    await open("Übersicht");
    expect(rows()).toEqual([
      "SpeicherplatzProblemin /srv sind noch 80 MB freiSchaffen Sie Platz, oder nennen Sie einen anderen Ordner (--data).",
      "moonWarnung/srv has 80 MB leftMake room.",
    ]);
    expect(screen.getByText("/srv has 80 MB left").lang).toBe("en");
  });
});

describe("calls", () => {
  test("are shown, and looked at again while the page is in view", async () => {
    await open("Calls");
    expect(screen.getByRole("heading", { name: "Monday" })).toBeTruthy();
    expect(
      screen.getByText("2 people · 1 waiting · 1 with a poor connection · 2.0 Mbit/s in, 4.0 Mbit/s out"),
    ).toBeTruthy();
    answers["GET /api/admin/rooms"] = { rooms: [{ ...ROOM, title: "", people: 1, waiting: 0, poor: 0, sent: null }] };
    await pass(POLL_MS);
    expect(screen.getByRole("heading", { name: "Room abcde-fghjk-mnpqr" })).toBeTruthy();
    expect(screen.getByText("1 person")).toBeTruthy();
    give(document, { hidden: true });
    const before = server.asked.length;
    await pass(3 * POLL_MS);
    expect(server.asked).toHaveLength(before);
  });

  test("nobody is in one", async () => {
    answers["GET /api/admin/rooms"] = { rooms: [] };
    await open("Calls");
    expect(screen.getByText("Nobody is in a call.")).toBeTruthy();
  });

  test("the people of one are asked for when they are wanted", async () => {
    await open("Calls");
    expect(server.asked).not.toContain("GET /api/admin/rooms/r1");
    const more = screen.getByText("Who is in Monday").closest("details");
    if (more === null) throw new Error("there is nothing to open");
    more.open = true;
    fireEvent(more, new Event("toggle"));
    await settle();
    const row = screen.getByText("Grace").closest("li");
    expect(row?.textContent).toBe("GraceGuest · Poor");
  });

  test("one is ended once that was confirmed", async () => {
    await open("Calls");
    press("End call");
    expect(inDialog().getByText("Everyone in the call is disconnected. The room stays.")).toBeTruthy();
    expect(server.asked).not.toContain("POST /api/admin/rooms/r1/end");
    answers["POST /api/admin/rooms/r1/end"] = undefined;
    answers["GET /api/admin/rooms"] = { rooms: [] };
    fireEvent.click(inDialog().getByRole("button", { name: "End call" }));
    await settle();
    expect(server.asked).toContain("POST /api/admin/rooms/r1/end");
    expect(told()).toEqual(["Call ended."]);
    expect(screen.getByText("Nobody is in a call.")).toBeTruthy();
  });

  test("it has ended already", async () => {
    await open("Calls");
    press("End call");
    answers["POST /api/admin/rooms/r1/end"] = refusal("not_found");
    fireEvent.click(inDialog().getByRole("button", { name: "End call" }));
    await settle();
    expect(told()).toEqual(["That no longer exists."]);
  });
});

describe("accounts", () => {
  test("are listed, and found", async () => {
    await open("Accounts");
    expect(screen.getByText("2 accounts")).toBeTruthy();
    expect(screen.getByText(/^You · Administrator/u)).toBeTruthy();
    answers["GET /api/admin/users?text=cy&offset=0"] = {
      users: [user("cy", { verified: false, disabled: true })],
      count: 1,
    };
    fireEvent.change(screen.getByRole("searchbox"), { target: { value: " cy " } });
    await settle();
    expect(screen.getByText("1 account")).toBeTruthy();
    expect(screen.getByText(/^Disabled · Email not confirmed/u)).toBeTruthy();
    answers["GET /api/admin/users?text=nobody&offset=0"] = { users: [], count: 0 };
    fireEvent.change(screen.getByRole("searchbox"), { target: { value: "nobody" } });
    await settle();
    expect(screen.getByText("No account matches.")).toBeTruthy();
  });

  test("nobody changes their own here", async () => {
    await open("Accounts");
    expect(screen.getAllByRole("button", { name: /^More options for/u })).toHaveLength(1);
  });

  test.each([
    ["Disable", {}, "POST /api/admin/users/ben/disable", null],
    ["Enable", { disabled: true }, "POST /api/admin/users/ben/enable", null],
    ["Make administrator", {}, "PUT /api/admin/users/ben/administrator", { administrator: true }],
    [
      "Remove as administrator",
      { administrator: true },
      "PUT /api/admin/users/ben/administrator",
      { administrator: false },
    ],
  ])("%s", async (item, facts, question, body) => {
    answers["GET /api/admin/users?text=&offset=0"] = { users: [user("ben", facts)], count: 1 };
    answers[question] = undefined;
    await open("Accounts");
    await choose("More options for Ben", item);
    const index = server.asked.indexOf(question);
    expect(server.sent[index]).toEqual(body);
    expect(told()).toEqual(["Saved."]);
    expect(server.asked.at(-1)).toBe("GET /api/admin/users?text=&offset=0");
  });

  test("one is deleted once that was confirmed", async () => {
    await open("Accounts");
    await choose("More options for Ben", "Delete account");
    expect(inDialog().getByText("Ben's account, rooms and chats are deleted for good.")).toBeTruthy();
    expect(server.asked).not.toContain("DELETE /api/admin/users/ben");
    answers["DELETE /api/admin/users/ben"] = refusal("not_administrator");
    fireEvent.click(inDialog().getByRole("button", { name: "Delete account" }));
    await settle();
    expect(told()).toEqual(["Only administrators can do that."]);
    answers["DELETE /api/admin/users/ben"] = undefined;
    fireEvent.click(inDialog().getByRole("button", { name: "Delete account" }));
    await settle();
    expect(told().at(-1)).toBe("Saved.");
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});

describe("keys", () => {
  const make = async (name: string, scopes: string[]): Promise<void> => {
    press("New key");
    fireEvent.change(inDialog().getByLabelText("Name"), { target: { value: name } });
    for (const scope of scopes) fireEvent.click(inDialog().getByText(scope));
    fireEvent.submit(
      inDialog().getByRole("button", { name: "Make key" }).closest("[role=dialog]")?.querySelector("form") as Element,
    );
    await settle();
  };

  test("are listed with what they are good for", async () => {
    const day = 86_400;
    answers["GET /api/admin/keys"] = {
      keys: [
        KEY,
        { ...KEY, id: "k2", name: "Monitoring", owner: null, scopes: ["server.read"], last_used_at: NOON - 9 * day },
        { ...KEY, id: "k3", name: "Ended", expires_at: NOON - day },
        { ...KEY, id: "k4", name: "Ends", expires_at: NOON + 90 * day },
      ],
    };
    await open("API keys");
    const rows = screen.getAllByRole("listitem").map((row) => row.textContent);
    expect(rows[0]).toBe("Portalrooms, joinAda · Never used");
    expect(rows[1]).toMatch(/^Monitoringserver\.readMade on the server · Last used: /u);
    expect(rows[2]).toMatch(/Expired: /u);
    expect(rows[3]).toMatch(/Valid until /u);
  });

  test("all scopes are offered, each with what it means", async () => {
    await open("API keys");
    press("New key");
    const offered = inDialog()
      .getAllByRole("checkbox")
      .map((box) => box.closest("label")?.querySelector(".font-mono"));
    expect(offered.map((each) => each?.textContent)).toEqual(Object.keys(SCOPES));
    expect(inDialog().getByText("Let people into your rooms, also as hosts")).toBeTruthy();
  });

  test("a new one is shown once", async () => {
    answers["GET /api/admin/keys"] = { keys: [] };
    answers["POST /api/admin/keys"] = { token: "milanio_secret" };
    await open("API keys");
    expect(screen.getByText("There are no keys.")).toBeTruthy();
    await make(" Portal ", ["rooms", "join"]);
    expect(server.sent[server.asked.indexOf("POST /api/admin/keys")]).toEqual({
      name: "Portal",
      scopes: ["rooms", "join"],
      expires_at: NOON + 365 * 86_400,
    });
    expect(inDialog().getByLabelText<HTMLInputElement>("Key").value).toBe("milanio_secret");
    expect(inDialog().getByText("Copy it now. It can't be shown again.")).toBeTruthy();
    expect(server.asked.filter((question) => question === "GET /api/admin/keys")).toHaveLength(2);
    press("Close");
    await settle();
    expect(document.body.innerHTML).not.toContain("milanio_secret");
    press("New key");
    expect(inDialog().getByLabelText<HTMLInputElement>("Name").value).toBe("");
  });

  test("how long it is valid is chosen, also for ever", async () => {
    answers["POST /api/admin/keys"] = { token: "milanio_secret" };
    await open("API keys");
    press("New key");
    fireEvent.change(inDialog().getByLabelText("Valid for"), { target: { value: "" } });
    fireEvent.change(inDialog().getByLabelText("Name"), { target: { value: "Portal" } });
    fireEvent.click(inDialog().getByText("calls.read"));
    fireEvent.click(inDialog().getByText("server.read"));
    fireEvent.click(inDialog().getByText("calls.read"));
    fireEvent.submit(screen.getByRole("dialog").querySelector("form") as Element);
    await settle();
    expect(server.sent[server.asked.indexOf("POST /api/admin/keys")]).toEqual({
      name: "Portal",
      scopes: ["server.read"],
      expires_at: null,
    });
  });

  test("without a name or a scope nothing is sent, and what is missing is said", async () => {
    await open("API keys");
    await make(" ", []);
    const alerts = inDialog().getAllByRole("alert");
    expect(alerts.map((alert) => alert.textContent)).toEqual(["Enter a name.", "Choose at least one."]);
    expect(server.asked).not.toContain("POST /api/admin/keys");
    fireEvent.click(inDialog().getByText("rooms"));
    expect(
      inDialog()
        .getAllByRole("alert")
        .map((alert) => alert.textContent),
    ).toEqual(["Enter a name."]);
  });

  test("a name that there is already is told at its field, and the form stays", async () => {
    answers["POST /api/admin/keys"] = refusal("name_taken", { name: "There is already a key with this name." });
    await open("API keys");
    await make("Portal", ["rooms"]);
    expect(inDialog().getByRole("alert").textContent).toBe("This name is already taken.");
    expect(inDialog().getByLabelText<HTMLInputElement>("Name").value).toBe("Portal");
    answers["POST /api/admin/keys"] = new Error("away");
    fireEvent.submit(screen.getByRole("dialog").querySelector("form") as Element);
    await settle();
    expect(inDialog().getByRole("alert").textContent).toContain("Can't reach the server.");
  });

  test("one is revoked once that was confirmed", async () => {
    await open("API keys");
    press("Revoke Portal");
    expect(inDialog().getByText(/^Programs with the key Portal can't/u)).toBeTruthy();
    expect(server.asked).not.toContain("DELETE /api/admin/keys/k1");
    answers["DELETE /api/admin/keys/k1"] = refusal("not_found");
    fireEvent.click(inDialog().getByRole("button", { name: "Revoke key" }));
    await settle();
    expect(told()).toEqual(["That no longer exists."]);
    answers["DELETE /api/admin/keys/k1"] = undefined;
    answers["GET /api/admin/keys"] = { keys: [] };
    fireEvent.click(inDialog().getByRole("button", { name: "Revoke key" }));
    await settle();
    expect(told().at(-1)).toBe("Key revoked.");
    expect(screen.getByText("There are no keys.")).toBeTruthy();
  });
});

describe("settings and problems", () => {
  test("what differs from the default is marked", async () => {
    answers["GET /api/admin/settings"] = {
      settings: [
        { name: "port", value: "443", changed: true, meaning: "TCP port" },
        { name: "log_level", value: "info", changed: false, meaning: "how much is logged" },
      ],
    };
    await open("Settings");
    const values = screen.getAllByRole("definition").map((value) => value.textContent);
    expect(values).toEqual(["443SetTCP port", "infohow much is logged"]);
  });

  test("the log's lines, the newest first", async () => {
    answers["GET /api/admin/problems"] = {
      problems: [
        { at: NOON, level: "error", source: "web.mail", text: "mail failed" },
        { at: NOON - 60, level: "warning", source: "web.tls", text: "the certificate ends soon" },
      ],
    };
    await open("Log");
    const rows = screen.getAllByRole("listitem").map((row) => row.textContent);
    expect(rows[0]).toMatch(/ · error · web\.mailmail failed$/u);
    expect(rows[1]).toMatch(/ · warning · web\.tlsthe certificate ends soon$/u);
  });

  test("nothing has gone wrong", async () => {
    await open("Log");
    expect(screen.getByText("Nothing has gone wrong.")).toBeTruthy();
  });

  test.each([
    ["Settings", "GET /api/admin/settings"],
    ["Log", "GET /api/admin/problems"],
    ["API keys", "GET /api/admin/keys"],
    ["Calls", "GET /api/admin/rooms"],
    ["Accounts", "GET /api/admin/users?text=&offset=0"],
  ])("%s: that it can't be had is said", async (tab, question) => {
    answers[question] = refusal("not_administrator");
    await open(tab);
    expect(screen.getByRole("alert").textContent).toBe("Only administrators can do that.");
  });
});
