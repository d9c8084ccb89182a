import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeBrowser } from "../fakes/browser";

const ADA = {
  id: "u1",
  email: "ada@example.org",
  name: "Ada",
  verified: true,
  avatar_colour: "#0e7490",
  avatar: null,
  theme: "dark",
  created_at: 1,
};

const KEY = "milanio.signed-in";
const ASKED = "GET /api/auth/session";

let browser: FakeBrowser;
let answers: (() => Response | Error)[];
let asked: string[];

const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  browser = new FakeBrowser();
  answers = [];
  asked = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    asked.push(`${init.method ?? ""} ${path}`);
    const answer = answers.shift()?.() ?? new Error("nothing more was expected");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function start() {
  const { session } = await import("../../src/api/session");
  session.start();
  await vi.advanceTimersByTimeAsync(0);
  return session;
}

describe("the session", () => {
  test("of a guest is shown as one before the server has said so", async () => {
    answers = [() => json({ user: null })];
    const starting = start();
    const { session } = await import("../../src/api/session");
    expect(session.getSnapshot()).toEqual({ status: "guest", user: null });
    await starting;
    expect(session.getSnapshot()).toEqual({ status: "guest", user: null });
    expect(asked).toEqual([ASKED]);
  });

  test("of a cookie is found where the browser's memory was cleared", async () => {
    answers = [() => json({ user: ADA })];
    const session = await start();
    expect(session.getSnapshot()).toEqual({ status: "user", user: ADA });
    expect(browser.stored.get(KEY)).toBe("yes");
  });

  test("is not ended by an answer from before the log-in", async () => {
    let answer: (response: Response) => void = () => undefined;
    const late = new Promise<Response>((resolve) => (answer = resolve));
    const logIn = json({ access_token: "t", user: ADA });
    vi.stubGlobal("fetch", (path: string) => (path === "/api/auth/session" ? late : Promise.resolve(logIn)));
    browser.stored.set(KEY, "yes");
    const session = await start();
    await session.logIn("ada@example.org", "secret");
    answer(json({ user: null }));
    await vi.advanceTimersByTimeAsync(0);
    expect(session.getSnapshot()).toEqual({ status: "user", user: ADA });
  });

  test("of somebody who logged in before is found again, with their theme", async () => {
    browser.stored.set(KEY, "yes");
    answers = [() => json({ user: ADA })];
    const session = await start();
    expect(session.getSnapshot()).toEqual({ status: "user", user: ADA });
    expect(asked).toEqual([ASKED]);
    expect(browser.dataset.theme).toBe("dark");
  });

  test("that is over leaves a guest, who is not asked for again", async () => {
    browser.stored.set(KEY, "yes");
    answers = [() => json({ user: null })];
    const session = await start();
    expect(session.getSnapshot().status).toBe("guest");
    expect(browser.stored.has(KEY)).toBe(false);
  });

  test("is not over because the server is away for a while", async () => {
    browser.stored.set(KEY, "yes");
    answers = [() => new TypeError("Failed to fetch"), () => json({}, 503), () => json({ user: ADA })];
    const session = await start();
    expect(session.getSnapshot().status).toBe("unknown");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.getSnapshot().status).toBe("user");
  });

  test("begins with log-in and ends with log-out", async () => {
    answers = [
      () => json({ user: null }),
      () => json({ access_token: "t", user: ADA }),
      () => new Response(null, { status: 204 }),
    ];
    const session = await start();
    await session.logIn("ada@example.org", "secret");
    expect(session.getSnapshot()).toEqual({ status: "user", user: ADA });
    expect(browser.stored.get(KEY)).toBe("yes");
    await session.logOut();
    expect(session.getSnapshot()).toEqual({ status: "guest", user: null });
    expect(browser.stored.has(KEY)).toBe(false);
  });

  test("follows log-in and log-out in another tab", async () => {
    answers = [() => json({ user: null }), () => json({ user: ADA })];
    const session = await start();
    browser.otherTab(KEY, "yes");
    await vi.advanceTimersByTimeAsync(0);
    expect(session.getSnapshot().status).toBe("user");
    browser.otherTab(KEY, null);
    expect(session.getSnapshot().status).toBe("guest");
  });

  test("keeps no secret where scripts could read it", async () => {
    answers = [
      () => json({ user: null }),
      () => json({ access_token: "SECRET-1", refresh_token: "SECRET-2", user: ADA }),
    ];
    const session = await start();
    await session.logIn("ada@example.org", "SECRET-3");
    expect(JSON.stringify([...browser.stored, session.getSnapshot()])).not.toContain("SECRET");
  });
});
