import { vi } from "vitest";

/** As much of a browser as the parts without React need. */
export class FakeBrowser {
  readonly stored = new Map<string, string>();
  readonly classes = new Set<string>();
  readonly dataset: Record<string, string> = {};
  private readonly listeners = new Map<string, ((event: object) => void)[]>();
  private systemListener: (() => void) | null = null;

  constructor(private systemIsDark = false) {
    const listen = (type: string, listener: (event: object) => void): void => {
      this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
    };
    const isDark = (): boolean => this.systemIsDark;
    const system = {
      get matches() {
        return isDark();
      },
      addEventListener: (_: string, listener: () => void) => {
        this.systemListener = listener;
      },
    };
    const root = {
      dataset: this.dataset,
      classList: { add: (name: string) => this.classes.add(name), remove: (name: string) => this.classes.delete(name) },
    };
    vi.stubGlobal("window", { matchMedia: () => system, addEventListener: listen });
    vi.stubGlobal("document", { documentElement: root, querySelector: () => null });
    vi.stubGlobal("getComputedStyle", () => ({ getPropertyValue: () => "" }));
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => this.stored.get(key) ?? null,
      setItem: (key: string, value: string) => this.stored.set(key, value),
      removeItem: (key: string) => this.stored.delete(key),
    });
  }

  /** The device goes over to dark or light. */
  turn(dark: boolean): void {
    this.systemIsDark = dark;
    this.systemListener?.();
  }

  /** Another tab remembers something. */
  otherTab(key: string, newValue: string | null): void {
    for (const listener of this.listeners.get("storage") ?? []) listener({ key, newValue });
  }
}
