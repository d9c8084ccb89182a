import { type Receiver, receiverKey } from "./receiver";
import { Store } from "./store";

export type Panel = "chat" | "people" | "details";

/** A dialog in front of everything; some are about one person. */
export type CallWindow =
  | { kind: "settings" | "shortcuts" | "end" | "leave" }
  | { kind: "remove" | "ban" | "hand_over"; participant: string; name: string };

export type Corner = "top-left" | "top-right" | "bottom-left" | "bottom-right";

/** What is being written, and to whom; null: everyone. It stays while the chat is closed, or turned off by a host. */
export interface ChatDraft {
  text: string;
  to: Receiver | null;
}

/** How someone looks at a call: nothing of it concerns anybody else. */
export interface CallViewState {
  panel: Panel | null;
  window: CallWindow | null;
  /** Keys of tiles that are shown large, in the order of pinning. */
  pins: readonly string[];
  page: number;
  /** How many pages there are, as far as the stage has told. */
  pages: number;
  /** Where one's own small picture floats. */
  corner: Corner;
  draft: ChatDraft;
  /** The message field is to have the cursor as soon as it is there. */
  wantsCursor: boolean;
}

/** More than that would make none of them large. */
const MOST_PINS = 4;

export class CallView extends Store<CallViewState> {
  /** What was begun to somebody when another was chosen from elsewhere, by their keys. */
  private readonly laidAside = new Map<string, string>();

  constructor() {
    super({
      panel: null,
      window: null,
      pins: [],
      page: 0,
      pages: 1,
      corner: "bottom-right",
      draft: { text: "", to: null },
      wantsCursor: false,
    });
  }

  togglePanel(panel: Panel): void {
    this.update({ panel: this.getSnapshot().panel === panel ? null : panel });
  }

  closePanel(): void {
    this.update({ panel: null });
  }

  open(kind: "settings" | "shortcuts" | "end" | "leave"): void {
    this.update({ window: { kind } });
  }

  /** Asks once more before something is done about a person. */
  ask(kind: "remove" | "ban" | "hand_over", participant: string, name: string): void {
    this.update({ window: { kind, participant, name } });
  }

  closeWindow(): void {
    this.update({ window: null });
  }

  togglePin(key: string): void {
    const { pins } = this.getSnapshot();
    const rest = pins.filter((pin) => pin !== key);
    this.update({ pins: rest.length < pins.length ? rest : [...pins, key].slice(-MOST_PINS), page: 0 });
  }

  /** Goes to the next page (1) or the one before (-1), where there is one. */
  turn(step: number): void {
    const { page, pages } = this.getSnapshot();
    this.update({ page: Math.min(pages - 1, Math.max(0, page + step)) });
  }

  /** The stage has so many pages now, and shows this one. */
  setPages(page: number, pages: number): void {
    const before = this.getSnapshot();
    if (before.page !== page || before.pages !== pages) this.update({ page, pages });
  }

  write(change: string | ((text: string) => string)): void {
    const { draft } = this.getSnapshot();
    this.update({ draft: { ...draft, text: typeof change === "string" ? change : change(draft.text) } });
  }

  /** The writer says who will read what they are writing. */
  chooseReceiver(to: Receiver | null): void {
    const { text } = this.getSnapshot().draft;
    this.update({ draft: { text: text === "" ? this.takeUp(to) : text, to }, wantsCursor: true });
  }

  /** Opens the chat with this person as the one who will read what is written; what was begun to another is not for them. */
  writeTo(to: Receiver): void {
    const { draft } = this.getSnapshot();
    const same = receiverKey(draft.to) === receiverKey(to);
    if (!same && draft.text !== "") this.laidAside.set(receiverKey(draft.to), draft.text);
    this.update({
      panel: "chat",
      draft: same ? { ...draft, to } : { text: this.takeUp(to), to },
      wantsCursor: true,
    });
  }

  private takeUp(to: Receiver | null): string {
    const key = receiverKey(to);
    const text = this.laidAside.get(key) ?? "";
    this.laidAside.delete(key);
    return text;
  }
}
