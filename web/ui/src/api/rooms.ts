import { call } from "../client/http";
import type {
  Invited,
  RoomBan,
  RoomDetails,
  RoomMembers,
  RoomParticipant,
  RoomPreview,
  RoomSettings,
} from "../client/httpTypes";
import type { Language } from "../i18n/i18n";

export const createRoom = (settings: RoomSettings = {}): Promise<RoomDetails> =>
  call("POST /api/rooms/create", settings);

/** A look at a room before coming in. */
export const previewRoom = (code: string): Promise<RoomPreview> => call("GET /api/rooms/by-code/{code}", { code });

export async function myRooms(): Promise<RoomDetails[]> {
  return (await call("GET /api/rooms")).rooms;
}

export const changeRoom = (id: string, settings: RoomSettings): Promise<RoomDetails> =>
  call("PUT /api/rooms/{id}", { id }, settings);

export const deleteRoom = (id: string): Promise<void> => call("DELETE /api/rooms/{id}", { id });

/** Ends the call for everyone; the room stays. */
export const endCall = (id: string): Promise<void> => call("POST /api/rooms/{id}/end", { id });

export async function participants(id: string): Promise<RoomParticipant[]> {
  return (await call("GET /api/rooms/{id}/participants", { id })).participants;
}

export const members = (id: string): Promise<RoomMembers> => call("GET /api/rooms/{id}/members", { id });

/** `language`: of the mail. */
export const invite = (id: string, email: string, role: "host" | "member", language: Language): Promise<Invited> =>
  call("POST /api/rooms/{id}/members", { id }, { email, role, language });

/** Belong to a room, by the token of an invitation's link. */
export const acceptInvitation = (token: string): Promise<RoomDetails> => call("POST /api/rooms/accept", { token });

export const dismissMember = (id: string, user: string): Promise<void> =>
  call("DELETE /api/rooms/{id}/members/{user_id}", { id, user_id: user });

export const takeBackInvitation = (id: string, email: string): Promise<void> =>
  call("DELETE /api/rooms/{id}/invitations/{email}", { id, email });

export async function bans(id: string): Promise<RoomBan[]> {
  return (await call("GET /api/rooms/{id}/bans", { id })).bans;
}

export const liftBan = (id: string, person: string): Promise<void> =>
  call("DELETE /api/rooms/{id}/bans/{person_id}", { id, person_id: person });
