import { call } from "../client/http";
import type { Account, LogIn, Registered, Registration } from "../client/httpTypes";

/** "mailed": a link comes by mail before one can log in. */
export async function register(who: Registration): Promise<Registered["verification"]> {
  return (await call("POST /api/auth/register", who)).verification;
}

export async function logIn(email: string, password: string): Promise<Account> {
  // The tokens in the answer are for programs; the browser keeps a cookie that no script can read.
  return (await call("POST /api/auth/login", { email, password })).user;
}

/** Who this browser's cookie says it is; null: nobody who is logged in. */
export async function currentUser(): Promise<Account | null> {
  return (await call("GET /api/auth/session")).user;
}

export const logOut = (): Promise<void> => call("POST /api/auth/logout");

/** Confirms an address by the token of the link and the password of the registration; that logs in, too. */
export async function verify(token: string, password: string): Promise<Account> {
  return (await call("POST /api/auth/verify", { token, password })).user;
}

export async function resend(email: string): Promise<void> {
  await call("POST /api/auth/resend", { email });
}

export async function forgot(email: string): Promise<void> {
  await call("POST /api/auth/forgot", { email });
}

export const reset = (token: string, password: string): Promise<void> =>
  call("POST /api/auth/reset", { token, password });

export async function logIns(): Promise<LogIn[]> {
  return (await call("GET /api/auth/sessions")).sessions;
}

export const endLogIn = (id: string): Promise<void> => call("DELETE /api/auth/sessions/{id}", { id });

export const endOtherLogIns = (): Promise<void> => call("DELETE /api/auth/sessions");
