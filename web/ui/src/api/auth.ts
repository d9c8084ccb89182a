import { request } from "../client/http";
import type { LogIn, User } from "./types";

export interface Registration {
  email: string;
  name: string;
  password: string;
}

/** "mailed": a link comes by mail before one can log in. */
export async function register(who: Registration): Promise<"mailed" | "not_needed"> {
  const answer = await request<{ verification: "mailed" | "not_needed" }>("POST", "/api/auth/register", who);
  return answer.verification;
}

export async function logIn(email: string, password: string): Promise<User> {
  // The tokens in the answer are for programs; the browser keeps a cookie that no script can read.
  return (await request<{ user: User }>("POST", "/api/auth/login", { email, password })).user;
}

/** Who this browser's cookie says it is; null: nobody who is logged in. */
export async function currentUser(): Promise<User | null> {
  return (await request<{ user: User | null }>("GET", "/api/auth/session")).user;
}

export const logOut = (): Promise<void> => request("POST", "/api/auth/logout");

/** Confirms an address by the token of the link and the password of the registration; that logs in, too. */
export async function verify(token: string, password: string): Promise<User> {
  return (await request<{ user: User }>("POST", "/api/auth/verify", { token, password })).user;
}

export const resend = (email: string): Promise<void> => request("POST", "/api/auth/resend", { email });

export const forgot = (email: string): Promise<void> => request("POST", "/api/auth/forgot", { email });

export const reset = (token: string, password: string): Promise<void> =>
  request("POST", "/api/auth/reset", { token, password });

export async function logIns(): Promise<LogIn[]> {
  return (await request<{ sessions: LogIn[] }>("GET", "/api/auth/sessions")).sessions;
}

export const endLogIn = (id: string): Promise<void> =>
  request("DELETE", `/api/auth/sessions/${encodeURIComponent(id)}`);

export const endOtherLogIns = (): Promise<void> => request("DELETE", "/api/auth/sessions");
