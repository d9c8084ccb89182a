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
  test("of a guest asks the server for nothing", async () => {
    const session = await start();
    expect(session.getSnapshot()).toEqual({ status: "guest", user: null });
    expect(asked).toEqual([]);
  });

  test("of somebody who logged in before is found again, with their theme", async () => {
    browser.stored.set(KEY, "yes");
    answers = [() => json(ADA)];
    const session = await start();
    expect(session.getSnapshot()).toEqual({ status: "user", user: ADA });
    expect(asked).toEqual(["GET /api/users/profile"]);
    expect(browser.dataset.theme).toBe("dark");
  });

  test("that is over leaves a guest, who is not asked for again", async () => {
    browser.stored.set(KEY, "yes");
    answers = [() => json({ error: { code: "not_signed_in", message: "", fields: {} } }, 401)];
    const session = await start();
    expect(session.getSnapshot().status).toBe("guest");
    expect(browser.stored.has(KEY)).toBe(false);
  });

  test("is not over because the server is away for a while", async () => {
    browser.stored.set(KEY, "yes");
    answers = [() => new TypeError("Failed to fetch"), () => json({}, 503), () => json(ADA)];
    const session = await start();
    expect(session.getSnapshot().status).toBe("unknown");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.getSnapshot().status).toBe("user");
  });

  test("begins with log-in and ends with log-out", async () => {
    answers = [() => json({ access_token: "t", user: ADA }), () => new Response(null, { status: 204 })];
    const session = await start();
    await session.logIn("ada@example.org", "secret");
    expect(session.getSnapshot()).toEqual({ status: "user", user: ADA });
    expect(browser.stored.get(KEY)).toBe("yes");
    await session.logOut();
    expect(session.getSnapshot()).toEqual({ status: "guest", user: null });
    expect(browser.stored.has(KEY)).toBe(false);
  });

  test("follows log-in and log-out in another tab", async () => {
    answers = [() => json(ADA)];
    const session = await start();
    browser.otherTab(KEY, "yes");
    await vi.advanceTimersByTimeAsync(0);
    expect(session.getSnapshot().status).toBe("user");
    browser.otherTab(KEY, null);
    expect(session.getSnapshot().status).toBe("guest");
  });

  test("keeps no secret where scripts could read it", async () => {
    answers = [() => json({ access_token: "SECRET-1", refresh_token: "SECRET-2", user: ADA })];
    const session = await start();
    await session.logIn("ada@example.org", "SECRET-3");
    expect(JSON.stringify([...browser.stored, session.getSnapshot()])).not.toContain("SECRET");
  });
});
