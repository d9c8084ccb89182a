import { request } from "../client/http";
import type { Language } from "../i18n/i18n";
import type { Ban, Door, Inside, Members, Room, RoomSettings } from "./types";

const at = (id: string, rest = ""): string => `/api/rooms/${encodeURIComponent(id)}${rest}`;

export const createRoom = (settings: Partial<RoomSettings> = {}): Promise<Room> =>
  request("POST", "/api/rooms/create", settings);

/** A look at a room before coming in. */
export const door = (code: string): Promise<Door> => request("GET", `/api/rooms/by-code/${encodeURIComponent(code)}`);

export async function myRooms(): Promise<Room[]> {
  return (await request<{ rooms: Room[] }>("GET", "/api/rooms")).rooms;
}

export const changeRoom = (id: string, settings: Partial<RoomSettings>): Promise<Room> =>
  request("PUT", at(id), settings);

export const deleteRoom = (id: string): Promise<void> => request("DELETE", at(id));

/** Ends the call for everyone; the room stays. */
export const endCall = (id: string): Promise<void> => request("POST", at(id, "/end"));

export async function inside(id: string): Promise<Inside[]> {
  return (await request<{ participants: Inside[] }>("GET", at(id, "/participants"))).participants;
}

export const members = (id: string): Promise<Members> => request("GET", at(id, "/members"));

export interface Invited {
  /** For the invited person: good once. */
  link: string;
  /** Whether the link was mailed to them. */
  mailed: boolean;
}

/** `language`: of the mail. */
export const invite = (id: string, email: string, role: "host" | "member", language: Language): Promise<Invited> =>
  request("POST", at(id, "/members"), { email, role, language });

/** Belong to a room, by the token of an invitation's link. */
export const acceptInvitation = (token: string): Promise<Room> => request("POST", "/api/rooms/accept", { token });

export const dismissMember = (id: string, user: string): Promise<void> =>
  request("DELETE", at(id, `/members/${encodeURIComponent(user)}`));

export const takeBackInvitation = (id: string, email: string): Promise<void> =>
  request("DELETE", at(id, `/invitations/${encodeURIComponent(email)}`));

export async function bans(id: string): Promise<Ban[]> {
  return (await request<{ bans: Ban[] }>("GET", at(id, "/bans"))).bans;
}

export const liftBan = (id: string, person: string): Promise<void> =>
  request("DELETE", at(id, `/bans/${encodeURIComponent(person)}`));
