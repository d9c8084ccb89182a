import { call, request } from "../client/http";
import type {
  Account,
  AdminFinding,
  AdminKey,
  AdminProblem,
  AdminRoom,
  AdminRoomDetails,
  AdminSetting,
  AdminUsers,
  Health,
  NewKey,
} from "../client/httpTypes";

/** What an API key may be good for. */
export type Scope = NewKey["scopes"][number];

export const claim = (token: string): Promise<Account> => call("POST /api/admin/claim", { token });

export const health = (): Promise<Health> => call("GET /api/admin/health");

export async function findings(): Promise<AdminFinding[]> {
  return (await call("GET /api/admin/findings")).findings;
}

export async function problems(): Promise<AdminProblem[]> {
  return (await call("GET /api/admin/problems")).problems;
}

export async function settings(): Promise<AdminSetting[]> {
  return (await call("GET /api/admin/settings")).settings;
}

export async function rooms(): Promise<AdminRoom[]> {
  return (await call("GET /api/admin/rooms")).rooms;
}

export const room = (id: string): Promise<AdminRoomDetails> => call("GET /api/admin/rooms/{id}", { id });

export const endCall = (id: string): Promise<void> => call("POST /api/admin/rooms/{id}/end", { id });

export function users(text: string, offset = 0): Promise<AdminUsers> {
  const query = new URLSearchParams({ text, offset: `${offset}` });
  return request<AdminUsers>("GET", `/api/admin/users?${query}`);
}

export const disable = (id: string): Promise<void> => call("POST /api/admin/users/{id}/disable", { id });

export const enable = (id: string): Promise<void> => call("POST /api/admin/users/{id}/enable", { id });

export const deleteUser = (id: string): Promise<void> => call("DELETE /api/admin/users/{id}", { id });

export const setAdministrator = (id: string, administrator: boolean): Promise<void> =>
  call("PUT /api/admin/users/{id}/administrator", { id }, { administrator });

export async function keys(): Promise<AdminKey[]> {
  return (await call("GET /api/admin/keys")).keys;
}

/** The key itself, which the server doesn't tell again. */
export async function makeKey(key: NewKey): Promise<string> {
  return (await call("POST /api/admin/keys", key)).token;
}

export const revokeKey = (id: string): Promise<void> => call("DELETE /api/admin/keys/{id}", { id });
