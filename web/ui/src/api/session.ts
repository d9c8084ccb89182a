import { Store } from "../client/store";
import { recall, remember } from "../lib/storage";
import { theme } from "../theme/theme";
import * as auth from "./auth";
import { onSignedOut } from "../client/http";
import type { Account, ProfileChanges } from "../client/httpTypes";
import * as users from "./users";

export interface SessionState {
  /** "unknown": the server has not said yet. */
  status: "unknown" | "guest" | "user";
  user: Account | null;
}

/**
 * Whether somebody has logged in with this browser, as far as it remembers: what to show until the server has said. It
 * also tells other tabs. Only the cookie counts, which is out of reach for scripts.
 */
const KEY = "milanio.signed-in";

const RETRY_MS = 5000;

/** Who uses this page. */
export class Session extends Store<SessionState> {
  private started = false;

  constructor() {
    super({ status: recall(KEY) === null ? "guest" : "unknown", user: null });
  }

  /** Asks the server; does nothing the second time. */
  readonly start = (): void => {
    if (this.started) return;
    this.started = true;
    onSignedOut(() => this.end());
    // Another tab logged in or out.
    window.addEventListener("storage", ({ key, newValue }) => {
      if (key !== KEY) return;
      if (newValue === null) this.set({ status: "guest", user: null });
      else void this.ask();
    });
    void this.ask();
  };

  async logIn(email: string, password: string): Promise<Account> {
    const user = await auth.logIn(email, password);
    this.know(user);
    return user;
  }

  /** Confirms the address of a registration, and logs in. */
  async confirm(token: string, password: string): Promise<void> {
    this.know(await auth.verify(token, password));
  }

  async logOut(): Promise<void> {
    await auth.logOut();
    this.end();
  }

  /** Changes the profile, here and on the server. */
  async change(changes: ProfileChanges): Promise<void> {
    this.know(await users.changeProfile(changes));
  }

  /** Takes over what the server said about the person. */
  know(user: Account): void {
    remember(KEY, "yes");
    if (theme().getSnapshot().choice !== user.theme) theme().choose(user.theme);
    this.set({ status: "user", user });
  }

  /** The person is not logged in any more. */
  end(): void {
    remember(KEY, null);
    this.set({ status: "guest", user: null });
  }

  private async ask(): Promise<void> {
    const before = this.getSnapshot();
    try {
      const user = await auth.currentUser();
      // Whoever has logged in or out meanwhile knows better.
      if (this.getSnapshot() !== before) return;
      if (user !== null) this.know(user);
      else if (before.status !== "guest") this.end();
    } catch {
      // The server is away: nobody is logged out by that.
      if (this.getSnapshot() === before) setTimeout(() => void this.ask(), RETRY_MS);
    }
  }
}

/** The one of this page. */
export const session = new Session();
