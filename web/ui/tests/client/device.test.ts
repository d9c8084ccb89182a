import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { joinRoom } from "../../src/client/api";
import { deviceId, forgetDevice } from "../../src/client/device";

/** The locks of one browser, shared by its tabs. */
class FakeLocks {
  private readonly held = new Set<string>();

  request = (name: string, { signal }: { signal: AbortSignal }, callback: () => Promise<never>): Promise<void> =>
    new Promise((_, reject) => {
      if (!this.held.has(name)) {
        this.held.add(name);
        void callback();
        return;
      }
      signal.addEventListener("abort", () => reject(new DOMException("", "TimeoutError")));
    });

  /** A tab is closed, or its page reloaded. */
  releaseAll(): void {
    this.held.clear();
  }
}

class FakeStorage {
  readonly items = new Map<string, string>();
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
}

let locks: FakeLocks;
let storage: FakeStorage;

function openPage(): void {
  forgetDevice();
}

beforeEach(() => {
  locks = new FakeLocks();
  storage = new FakeStorage();
  vi.stubGlobal("navigator", { locks });
  vi.stubGlobal("sessionStorage", storage);
  openPage();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a tab's name", () => {
  test("is 128 bits, and the same each time", async () => {
    const id = await deviceId();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(await deviceId()).toBe(id);
  });

  test("stays after a reload", async () => {
    const id = await deviceId();
    locks.releaseAll();
    openPage();
    expect(await deviceId()).toBe(id);
  });

  test("is another in a duplicated tab, and stays that after its reload", async () => {
    const id = await deviceId();
    openPage(); // with the same storage, while the first tab is open
    const copy = await deviceId();
    expect(copy).not.toBe(id);
    locks.releaseAll();
    openPage();
    expect(await deviceId()).toBe(copy);
  });

  test("is drawn anew where something else was stored", async () => {
    storage.setItem("milanio.device", "<script>");
    expect(await deviceId()).toMatch(/^[0-9a-f]{32}$/);
  });

  test("stays as long as the page where nothing can be stored", async () => {
    const refuse = (): never => {
      throw new DOMException("", "SecurityError");
    };
    vi.stubGlobal("sessionStorage", { getItem: refuse, setItem: refuse });
    const id = await deviceId();
    expect(await deviceId()).toBe(id);
  });

  test("stays only after a reload in a browser without locks", async () => {
    vi.stubGlobal("navigator", {});
    const navigation = vi.spyOn(performance, "getEntriesByType");
    navigation.mockReturnValue([{ type: "navigate" } as unknown as PerformanceEntry]);
    const id = await deviceId();
    openPage();
    const other = await deviceId();
    expect(other).not.toBe(id);
    navigation.mockReturnValue([{ type: "reload" } as unknown as PerformanceEntry]);
    openPage();
    expect(await deviceId()).toBe(other);
    navigation.mockRestore();
  });

  test("is told when joining", async () => {
    const bodies: unknown[] = [];
    vi.stubGlobal("fetch", (_: string, { body }: RequestInit) => {
      bodies.push(JSON.parse(body as string));
      return Promise.resolve({ ok: true, status: 200, json: () => Promise.resolve({ token: "t", ws_url: "/ws" }) });
    });
    await joinRoom("code", { name: "Me" });
    await joinRoom("code", "account");
    await joinRoom("code", { link_token: "a.b.c" });
    const known = {
      code: "code",
      device: await deviceId(),
      features: ["events", "layers.wanted", "publications.muted"],
    };
    expect(bodies).toEqual([{ ...known, name: "Me" }, known, { ...known, link_token: "a.b.c" }]);
  });
});
