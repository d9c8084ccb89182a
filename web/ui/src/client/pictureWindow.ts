import { Store } from "./store";

interface DocumentPictureInPicture {
  requestWindow: (options: { width: number; height: number }) => Promise<Window>;
}

function offered(): DocumentPictureInPicture | undefined {
  return (window as { documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture;
}

const SIZE = { width: 400, height: 300 };

/** A small window of the call that stays above other programs; null: it is not open. */
export class PictureWindow extends Store<Window | null> {
  private over = false;

  constructor() {
    super(null);
  }

  static get possible(): boolean {
    return offered() !== undefined;
  }

  async toggle(): Promise<void> {
    const open = this.getSnapshot();
    if (open !== null) {
      open.close();
      return;
    }
    const made = await offered()?.requestWindow(SIZE);
    if (made === undefined) return;
    if (this.over) {
      made.close();
      return;
    }
    dress(made.document);
    made.addEventListener("pagehide", () => {
      // The browser closes it for a newer one too.
      if (this.getSnapshot() === made) this.set(null);
    });
    this.set(made);
  }

  /** Closes it for good: also one that the browser is only about to open. */
  close(): void {
    this.over = true;
    this.getSnapshot()?.close();
  }
}

/** The new window looks like this page: with its style sheets and its theme. */
function dress(target: Document): void {
  for (const sheet of document.querySelectorAll('link[rel="stylesheet"], style')) {
    target.head.append(target.importNode(sheet, true));
  }
  target.documentElement.lang = document.documentElement.lang;
  Object.assign(target.documentElement.dataset, document.documentElement.dataset);
  target.title = document.title;
}
