import { vi } from "vitest";

/** The answer to one media query, which the test changes. */
class FakeList extends EventTarget {
  matches = false;
  listeners = 0;

  override addEventListener(...given: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners++;
    super.addEventListener(...given);
  }

  override removeEventListener(...given: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners--;
    super.removeEventListener(...given);
  }
}

/** Media queries in place of the page's own. */
export class FakeMediaQueries {
  private readonly lists = new Map<string, FakeList>();

  install(): void {
    vi.spyOn(window, "matchMedia").mockImplementation((query) => this.list(query) as unknown as MediaQueryList);
  }

  list(query: string): FakeList {
    const list = this.lists.get(query) ?? new FakeList();
    this.lists.set(query, list);
    return list;
  }

  turn(query: string, matches: boolean): void {
    const list = this.list(query);
    list.matches = matches;
    list.dispatchEvent(new Event("change"));
  }
}

export const LESS_MOTION = "(prefers-reduced-motion: reduce)";
