import { call, request } from "../client/http";
import type {
  Invited,
  LinkPreview,
  MyRooms,
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

/** The same by the token of a personal link, and who one will be. */
export const previewByLink = (code: string, token: string): Promise<LinkPreview> =>
  call("POST /api/rooms/by-link", { code, link_token: token });

/** All of one's rooms, however many pages they take. */
export async function myRooms(): Promise<RoomDetails[]> {
  const found = new Map<string, RoomDetails>();
  let page: MyRooms = await call("GET /api/rooms");
  for (let offset = page.rooms.length; ; offset += page.rooms.length) {
    const known = found.size;
    // A room that is used in between moves to the front, and the one at the end of the last page comes again.
    for (const room of page.rooms) if (!found.has(room.id)) found.set(room.id, room);
    if (offset >= page.count || found.size === known) return [...found.values()];
    page = await request<MyRooms>("GET", `/api/rooms?offset=${offset}`);
  }
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
