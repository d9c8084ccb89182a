import { Store } from "../client/store";
import { recall, remember } from "../lib/storage";

/** What a person chose; "system": as the device is set. */
export type ThemeChoice = "system" | "light" | "dark";
export type Theme = "light" | "dark";

/** boot.js reads it too, before anything is painted. */
const KEY = "milanio.theme";

const CHANGE_MS = 240;

export interface ThemeState {
  choice: ThemeChoice;
  shown: Theme;
}

/** The theme of the page: what was chosen, and what is shown because of it. */
class ThemeControl extends Store<ThemeState> {
  private readonly system = window.matchMedia("(prefers-color-scheme: dark)");
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super({ choice: "system", shown: "light" });
    this.show(asChoice(recall(KEY)));
    this.system.addEventListener("change", () => this.show(this.getSnapshot().choice));
    // Another tab changed it.
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key === KEY) this.show(asChoice(newValue));
    });
  }

  readonly choose = (choice: ThemeChoice): void => {
    remember(KEY, choice === "system" ? null : choice);
    this.show(choice);
  };

  private show(choice: ThemeChoice): void {
    const shown = choice === "system" ? (this.system.matches ? "dark" : "light") : choice;
    const root = document.documentElement;
    if (root.dataset.theme !== shown) {
      root.classList.add("theme-changing");
      clearTimeout(this.settling);
      this.settling = setTimeout(() => root.classList.remove("theme-changing"), CHANGE_MS);
      root.dataset.theme = shown;
    }
    this.colourBrowser();
    this.set({ choice, shown });
  }

  /** Phones paint the edge of their own window in this colour. */
  private colourBrowser(): void {
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--page").trim();
    if (colour !== "") document.querySelector('meta[name="theme-color"]')?.setAttribute("content", colour);
  }
}

function asChoice(value: string | null): ThemeChoice {
  return value === "light" || value === "dark" ? value : "system";
}

let control: ThemeControl | null = null;

/** The one theme of this page. */
export function theme(): ThemeControl {
  control ??= new ThemeControl();
  return control;
}
