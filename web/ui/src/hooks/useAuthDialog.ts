import { Store } from "../client/store";
import { useSnapshot } from "./useSnapshot";

export type AuthView = "login" | "register" | "forgot";

export interface AuthDialogState {
  /** null: closed */
  view: AuthView | null;
  /** Filled in already. */
  email: string;
}

const dialog = new Store<AuthDialogState>({ view: null, email: "" });

/** Opens log-in, registration or the forgotten password over whatever page is shown. */
export function openAuth(view: AuthView, email = dialog.getSnapshot().email): void {
  dialog.set({ view, email });
}

export function closeAuth(): void {
  dialog.update({ view: null });
}

export function useAuthDialog(): AuthDialogState {
  return useSnapshot(dialog);
}
