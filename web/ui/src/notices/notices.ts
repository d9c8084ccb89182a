import { Store } from "../client/store";

export type NoticeKind = "info" | "good" | "warning" | "bad";

export interface Notice {
  id: number;
  text: string;
  kind: NoticeKind;
  /** In milliseconds; Infinity: until it is dismissed. */
  lasts: number;
  action?: { label: string; run: () => void };
  topic?: string;
  passing: boolean;
  /** Told while a dialog was open, of what was done there: it belongs into it. */
  inDialog: boolean;
  /** False while it goes away. */
  open: boolean;
}

export interface NoticeOptions {
  kind?: NoticeKind;
  lasts?: number;
  action?: Notice["action"];
  /** What `forget` is told once none of it matters any more. */
  topic?: string;
  /** Only for the moment: the next one that is takes its place. */
  passing?: boolean;
}

const LASTS_MS = 5000;
/** More would hide the call that they tell of. */
const MOST = 3;

/** As long as the way out may take. */
const GOES_MS = 300;

/** What happens, told at the edge of the page, each for some seconds. */
class Notices extends Store<readonly Notice[]> {
  private nextId = 1;

  constructor() {
    super([]);
  }

  /** Tells something; the way to take it back early. */
  readonly tell = (
    text: string,
    { kind = "info", lasts = LASTS_MS, action, topic, passing = false }: NoticeOptions = {},
  ): (() => void) => {
    const id = this.nextId++;
    if (passing) {
      const before = this.getSnapshot().find((notice) => notice.passing && notice.open);
      // What can be answered does not give way to what can't.
      if (before?.action !== undefined && action === undefined) return () => undefined;
      if (before !== undefined) this.dismiss(before.id);
    }
    const inDialog = topic === undefined && openDialogs.getSnapshot().length > 0;
    const told = { id, text, kind, lasts, action, topic, passing, inDialog, open: true };
    this.set(withRoom([...this.getSnapshot(), told]));
    return () => this.dismiss(id);
  };

  /** Dismisses all of one topic. */
  readonly forget = (topic: string): void => {
    for (const notice of this.getSnapshot()) if (notice.topic === topic) this.dismiss(notice.id);
  };

  readonly dismiss = (id: number): void => {
    this.set(this.getSnapshot().map((notice) => (notice.id === id ? { ...notice, open: false } : notice)));
    setTimeout(() => this.set(this.getSnapshot().filter((notice) => notice.id !== id)), GOES_MS);
  };
}

/** Without the oldest where there are too many; one that waits for an answer stays as long as there are others. */
function withRoom(all: readonly Notice[]): readonly Notice[] {
  if (all.length <= MOST) return all;
  const goes = all.slice(0, -1).find(({ action }) => action === undefined) ?? all[0];
  return all.filter((notice) => notice !== goes);
}

/** Dialogs that are open, the foremost last. */
class OpenDialogs extends Store<readonly string[]> {
  constructor() {
    super([]);
  }

  /** Returns what to call once it is closed. */
  readonly open = (id: string): (() => void) => {
    this.set([...this.getSnapshot(), id]);
    return () => this.set(this.getSnapshot().filter((other) => other !== id));
  };
}

export const openDialogs = new OpenDialogs();

export const notices = new Notices();

/** Tells something at the edge of the page; returns the way to take it back early. */
export const notify = notices.tell;
export const forget = notices.forget;
