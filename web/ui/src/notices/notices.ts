import { Store } from "../client/store";

export type NoticeKind = "info" | "good" | "warning" | "bad";

export interface Notice {
  id: number;
  text: string;
  kind: NoticeKind;
  /** In milliseconds; Infinity: until it is dismissed. */
  lasts: number;
  action?: { label: string; run: () => void };
  /** False while it goes away. */
  open: boolean;
}

export interface NoticeOptions {
  kind?: NoticeKind;
  lasts?: number;
  action?: Notice["action"];
}

const LASTS_MS = 5000;
const MOST = 4;

/** As long as the way out may take. */
const GOES_MS = 300;

/** What happens, told at the edge of the page, each for some seconds. */
class Notices extends Store<readonly Notice[]> {
  private nextId = 1;

  constructor() {
    super([]);
  }

  /** Tells something; the way to take it back early. */
  readonly tell = (text: string, { kind = "info", lasts = LASTS_MS, action }: NoticeOptions = {}): (() => void) => {
    const id = this.nextId++;
    this.set([...this.getSnapshot(), { id, text, kind, lasts, action, open: true }].slice(-MOST));
    return () => this.dismiss(id);
  };

  readonly dismiss = (id: number): void => {
    this.set(this.getSnapshot().map((notice) => (notice.id === id ? { ...notice, open: false } : notice)));
    setTimeout(() => this.set(this.getSnapshot().filter((notice) => notice.id !== id)), GOES_MS);
  };
}

export const notices = new Notices();

/** Tells something at the edge of the page; returns the way to take it back early. */
export const notify = notices.tell;
