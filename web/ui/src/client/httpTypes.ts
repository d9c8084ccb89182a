// Generated from http.schema.json by `npm run types`.

/**
 * How bad it is.
 */
export type Level = "ok" | "warning" | "problem";

export interface HttpApi {
  "POST /api/auth/register": {
    body: Registration;
    reply: Registered;
  };
  "POST /api/auth/verify": {
    body: Confirmation;
    reply: LoggedIn;
  };
  "POST /api/auth/resend": {
    body: OwnAddress;
    reply: Accepted;
  };
  "POST /api/auth/forgot": {
    body: OwnAddress;
    reply: Accepted;
  };
  "POST /api/auth/reset": {
    body: NewPasswordByToken;
    reply: undefined;
  };
  "POST /api/auth/login": {
    body: Credentials;
    reply: LoggedIn;
  };
  "POST /api/auth/refresh": {
    body: RefreshToken;
    reply: Tokens;
  };
  "GET /api/auth/session": {
    body: undefined;
    reply: Session;
  };
  "POST /api/auth/logout": {
    body: undefined;
    reply: undefined;
  };
  "GET /api/auth/sessions": {
    body: undefined;
    reply: LogIns;
  };
  "DELETE /api/auth/sessions": {
    body: undefined;
    reply: undefined;
  };
  "DELETE /api/auth/sessions/{id}": {
    body: undefined;
    reply: undefined;
  };
  "GET /api/users/profile": {
    body: undefined;
    reply: Account;
  };
  "PUT /api/users/profile": {
    body: ProfileChanges;
    reply: Account;
  };
  "DELETE /api/users/profile": {
    body: Deletion;
    reply: undefined;
  };
  "PUT /api/users/password": {
    body: PasswordChange;
    reply: undefined;
  };
  "PUT /api/users/avatar": {
    body: undefined;
    reply: Account;
  };
  "DELETE /api/users/avatar": {
    body: undefined;
    reply: Account;
  };
  "POST /api/rooms/create": {
    body: RoomSettings;
    reply: RoomDetails;
  };
  "GET /api/rooms/by-code/{code}": {
    body: undefined;
    reply: RoomPreview;
  };
  "POST /api/rooms/join": {
    body: JoinRoom;
    reply: Joined;
  };
  "GET /api/rooms": {
    body: undefined;
    reply: MyRooms;
  };
  "GET /api/rooms/{id}": {
    body: undefined;
    reply: RoomDetails;
  };
  "PUT /api/rooms/{id}": {
    body: RoomSettings;
    reply: RoomDetails;
  };
  "DELETE /api/rooms/{id}": {
    body: undefined;
    reply: undefined;
  };
  "POST /api/rooms/{id}/end": {
    body: undefined;
    reply: undefined;
  };
  "GET /api/rooms/{id}/participants": {
    body: undefined;
    reply: RoomParticipants;
  };
  "POST /api/rooms/link": {
    body: MakeLink;
    reply: PersonalLink;
  };
  "POST /api/rooms/by-link": {
    body: OpenLink;
    reply: LinkPreview;
  };
  "GET /api/rooms/{id}/members": {
    body: undefined;
    reply: RoomMembers;
  };
  "POST /api/rooms/{id}/members": {
    body: Invite;
    reply: Invited;
  };
  "POST /api/rooms/accept": {
    body: InvitationToken;
    reply: RoomDetails;
  };
  "DELETE /api/rooms/{id}/invitations/{email}": {
    body: undefined;
    reply: undefined;
  };
  "DELETE /api/rooms/{id}/members/{user_id}": {
    body: undefined;
    reply: undefined;
  };
  "GET /api/rooms/{id}/bans": {
    body: undefined;
    reply: RoomBans;
  };
  "DELETE /api/rooms/{id}/bans/{person_id}": {
    body: undefined;
    reply: undefined;
  };
  "GET /api/rooms/{id}/messages": {
    body: undefined;
    reply: RoomMessages;
  };
  "DELETE /api/rooms/{id}/messages/{message}": {
    body: undefined;
    reply: undefined;
  };
  "GET /api/rooms/{id}/history": {
    body: undefined;
    reply: RoomHistory;
  };
  "POST /api/admin/claim": {
    body: Claim;
    reply: Account;
  };
  "GET /api/admin/users": {
    body: undefined;
    reply: AdminUsers;
  };
  "POST /api/admin/users/{id}/disable": {
    body: undefined;
    reply: undefined;
  };
  "POST /api/admin/users/{id}/enable": {
    body: undefined;
    reply: undefined;
  };
  "DELETE /api/admin/users/{id}": {
    body: undefined;
    reply: undefined;
  };
  "PUT /api/admin/users/{id}/administrator": {
    body: AdministratorRight;
    reply: undefined;
  };
  "GET /api/admin/rooms": {
    body: undefined;
    reply: AdminRooms;
  };
  "GET /api/admin/rooms/{id}": {
    body: undefined;
    reply: AdminRoomDetails;
  };
  "DELETE /api/admin/rooms/{id}": {
    body: undefined;
    reply: undefined;
  };
  "POST /api/admin/rooms/{id}/end": {
    body: undefined;
    reply: undefined;
  };
  "GET /api/admin/settings": {
    body: undefined;
    reply: AdminSettings;
  };
  "GET /api/admin/health": {
    body: undefined;
    reply: Health;
  };
  "GET /api/admin/findings": {
    body: undefined;
    reply: AdminFindings;
  };
  "GET /api/admin/problems": {
    body: undefined;
    reply: AdminProblems;
  };
  "GET /api/admin/keys": {
    body: undefined;
    reply: AdminKeys;
  };
  "POST /api/admin/keys": {
    body: NewKey;
    reply: MadeKey;
  };
  "DELETE /api/admin/keys/{id}": {
    body: undefined;
    reply: undefined;
  };
  "GET /api/config": {
    body: undefined;
    reply: Config;
  };
  "GET /api/connection": {
    body: undefined;
    reply: Connection;
  };
}
/**
 * Body of `POST /api/auth/register`.
 */
export interface Registration {
  /**
   * email address
   */
  email: string;
  /**
   * as others see it
   */
  name: string;
  /**
   * at least 8 characters, at most 72 bytes, none of the most common ones
   */
  password: string;
}
/**
 * What comes next: confirming the address, or logging in.
 */
export interface Registered {
  verification: "mailed" | "not_needed";
}
/**
 * Body of `POST /api/auth/verify`.
 */
export interface Confirmation {
  token: string;
  /**
   * the one chosen at sign-up; without it, the answer is `password_needed`
   */
  password?: string | null;
}
/**
 * Tokens and their user.
 */
export interface LoggedIn {
  /**
   * for the header `Authorization: Bearer …`
   */
  access_token: string;
  token_type: "Bearer";
  /**
   * seconds until the access token expires
   */
  expires_in: number;
  /**
   * works once, for `POST /api/auth/refresh`
   */
  refresh_token: string;
  user: Account;
}
/**
 * An account, as its owner sees it.
 */
export interface Account {
  id: string;
  email: string;
  name: string;
  /**
   * whether they have confirmed the address
   */
  verified: boolean;
  /**
   * as #rrggbb
   */
  avatar_colour: string;
  /**
   * where the picture is; null: none
   */
  avatar: string | null;
  theme: "system" | "light" | "dark";
  /**
   * seconds since 1970
   */
  created_at: number;
  /**
   * whether they may manage the whole server
   */
  administrator: boolean;
}
/**
 * Body of `POST /api/auth/resend` and `POST /api/auth/forgot`.
 */
export interface OwnAddress {
  /**
   * email address
   */
  email: string;
}
/**
 * If the address is known, a mail is on its way.
 */
export interface Accepted {
  status: "accepted";
}
/**
 * Body of `POST /api/auth/reset`.
 */
export interface NewPasswordByToken {
  token: string;
  /**
   * at least 8 characters, at most 72 bytes, none of the most common ones
   */
  password: string;
}
/**
 * Body of `POST /api/auth/login`.
 */
export interface Credentials {
  /**
   * email address
   */
  email: string;
  /**
   * the current password
   */
  password: string;
}
/**
 * Body of `POST /api/auth/refresh`.
 */
export interface RefreshToken {
  refresh_token: string;
}
/**
 * The tokens that authenticate a client of the API.
 */
export interface Tokens {
  /**
   * for the header `Authorization: Bearer …`
   */
  access_token: string;
  token_type: "Bearer";
  /**
   * seconds until the access token expires
   */
  expires_in: number;
  /**
   * works once, for `POST /api/auth/refresh`
   */
  refresh_token: string;
}
/**
 * The user that a request comes from.
 */
export interface Session {
  /**
   * null: not logged in
   */
  user: Account | null;
}
/**
 * A user's log-ins, the latest used first.
 */
export interface LogIns {
  sessions: LogIn[];
}
/**
 * One log-in. Times are seconds since 1970.
 */
export interface LogIn {
  id: string;
  /**
   * whether this request comes from it
   */
  current: boolean;
  signed_in_at: number;
  /**
   * accurate to the hour
   */
  last_used_at: number;
  expires_at: number;
  /**
   * the browser's or program's User-Agent
   */
  user_agent: string;
  /**
   * where it was last used from
   */
  address: string;
}
/**
 * Body of `PUT /api/users/profile`. What is left out, or null, stays as it is.
 */
export interface ProfileChanges {
  name?: string | null;
  avatar_colour?: string | null;
  theme?: ("system" | "light" | "dark") | null;
}
/**
 * Body of `DELETE /api/users/profile`.
 */
export interface Deletion {
  /**
   * the current password
   */
  password: string;
}
/**
 * Body of `PUT /api/users/password`.
 */
export interface PasswordChange {
  /**
   * the current password
   */
  current: string;
  /**
   * at least 8 characters, at most 72 bytes, none of the most common ones
   */
  new: string;
}
/**
 * Settings of a room. Left out, they have these defaults in a new room, and otherwise stay as they are.
 */
export interface RoomSettings {
  /**
   * the room's name, for people; may be empty
   */
  title?: string;
  /**
   * open: anyone with the code can join; members: only members; waiting: members join, others wait until a host admits them
   */
  access?: "open" | "members" | "waiting";
  /**
   * only hosts can join, and people who are back from a lost connection
   */
  locked?: boolean;
  /**
   * participants join muted, except hosts
   */
  start_muted?: boolean;
  /**
   * participants join with the camera off, except hosts
   */
  start_camera_off?: boolean;
  /**
   * false: chat is off
   */
  chat?: boolean;
  /**
   * maximum participants; null: as many as the server allows
   */
  capacity?: number | null;
  /**
   * seconds without participants after which the room expires; null: never
   */
  ttl_seconds?: number | null;
}
/**
 * A room, for its members.
 */
export interface RoomDetails {
  id: string;
  code: string;
  /**
   * the room's name, for people; may be empty
   */
  title: string;
  /**
   * open: anyone with the code can join; members: only members; waiting: members join, others wait until a host admits them
   */
  access: "open" | "members" | "waiting";
  /**
   * only hosts can join, and people who are back from a lost connection
   */
  locked: boolean;
  /**
   * participants join muted, except hosts
   */
  start_muted: boolean;
  /**
   * participants join with the camera off, except hosts
   */
  start_camera_off: boolean;
  /**
   * false: chat is off
   */
  chat: boolean;
  /**
   * maximum participants; null: as many as the server allows
   */
  capacity: number | null;
  /**
   * seconds without participants after which the room expires; null: never
   */
  ttl_seconds: number | null;
  link: string;
  state: "created" | "waiting" | "active" | "expired" | "destroyed";
  /**
   * your role in it
   */
  role: ("owner" | "host" | "member") | null;
  /**
   * people in it now
   */
  participants: number;
  /**
   * seconds since 1970, like all times here
   */
  created_at: number;
  last_active_at: number;
  /**
   * when it expires if unused; null: never
   */
  expires_at: number | null;
}
/**
 * What people with a room's code see of it before they join.
 */
export interface RoomPreview {
  /**
   * the room's name, for people; may be empty
   */
  title: string;
  /**
   * open: anyone with the code can join; members: only members; waiting: members join, others wait until a host admits them
   */
  access: "open" | "members" | "waiting";
  /**
   * only hosts can join, and people who are back from a lost connection
   */
  locked: boolean;
  full: boolean;
  state: "created" | "waiting" | "active" | "expired" | "destroyed";
  /**
   * people in it now
   */
  participants: number;
  /**
   * only members can join, and you aren't logged in
   */
  sign_in_required: boolean;
}
/**
 * Who wants to join, and which room.
 */
export interface JoinRoom {
  /**
   * a code, a link, or pasted text with either
   */
  code: string;
  /**
   * the name others see; required for guests
   */
  name?: string | null;
  /**
   * 128 random bits in hexadecimal that identify this tab or program: joining again with them replaces its earlier participant
   */
  device?: string;
  /**
   * additions to the protocol that the client supports, by the names that servers use
   *
   * @maxItems 32
   */
  features?: string[];
  /**
   * only for programs: your own id of the person, who is then recognised when they come back, and can be banned; left out, each `device` is another person
   */
  person?: string;
  /**
   * only for programs: whether the person is a host
   */
  host?: boolean;
  /**
   * what follows `#link=` in a personal link, which says who you are: `name` isn't needed, and is ignored
   */
  link_token?: string | null;
}
/**
 * The token that lets its bearer in, once.
 */
export interface Joined {
  /**
   * for `join` on the WebSocket; valid for two minutes
   */
  token: string;
  /**
   * of the WebSocket, relative to this server
   */
  ws_url: string;
  /**
   * a host has to admit you
   */
  waits: boolean;
  room: RoomToJoin;
}
/**
 * A room, for people who have its code and want to join.
 */
export interface RoomToJoin {
  id: string;
  code: string;
  /**
   * the room's name, for people; may be empty
   */
  title: string;
  /**
   * open: anyone with the code can join; members: only members; waiting: members join, others wait until a host admits them
   */
  access: "open" | "members" | "waiting";
  /**
   * only hosts can join, and people who are back from a lost connection
   */
  locked: boolean;
  /**
   * participants join muted, except hosts
   */
  start_muted: boolean;
  /**
   * participants join with the camera off, except hosts
   */
  start_camera_off: boolean;
  /**
   * false: chat is off
   */
  chat: boolean;
}
/**
 * Some of your rooms, the latest used first.
 */
export interface MyRooms {
  rooms: RoomDetails[];
  /**
   * how many you have in all
   */
  count: number;
}
/**
 * Who is in a room now.
 */
export interface RoomParticipants {
  participants: RoomParticipant[];
}
/**
 * A participant of a room.
 */
export interface RoomParticipant {
  id: string;
  name: string;
  host: boolean;
  guest: boolean;
}
/**
 * Whom a personal link is for, and which room it leads to.
 */
export interface MakeLink {
  /**
   * a code, a link, or pasted text with either
   */
  code: string;
  /**
   * as others see it
   */
  name: string;
  /**
   * your own id of the person, who is then recognised when they come back, and can be banned; left out, each link is for another person
   */
  person?: string;
  /**
   * whether the person is a host
   */
  host?: boolean;
  /**
   * how long the link can be used; it also ends with the key
   */
  ttl_seconds?: number;
}
/**
 * A link for one person.
 */
export interface PersonalLink {
  /**
   * to the page; whoever has it joins as that person
   */
  link: string;
  /**
   * seconds since 1970
   */
  expires_at: number;
}
/**
 * A personal link that somebody has opened.
 */
export interface OpenLink {
  /**
   * a code, a link, or pasted text with either
   */
  code: string;
  /**
   * what follows `#link=` in the link
   */
  link_token: string;
}
/**
 * What people with a personal link see of the room before they join, and who they will be.
 */
export interface LinkPreview {
  /**
   * the room's name, for people; may be empty
   */
  title: string;
  /**
   * open: anyone with the code can join; members: only members; waiting: members join, others wait until a host admits them
   */
  access: "open" | "members" | "waiting";
  /**
   * only hosts can join, and people who are back from a lost connection
   */
  locked: boolean;
  full: boolean;
  state: "created" | "waiting" | "active" | "expired" | "destroyed";
  /**
   * people in it now
   */
  participants: number;
  /**
   * only members can join, and you aren't logged in
   */
  sign_in_required: boolean;
  /**
   * the name that others will see
   */
  name: string;
  host: boolean;
  /**
   * as #rrggbb
   */
  avatar_colour: string;
}
/**
 * The members of a room.
 */
export interface RoomMembers {
  members: RoomMember[];
  /**
   * invited addresses, whose owners become members once they have confirmed them
   */
  invited: string[];
}
/**
 * A person with an account who belongs to a room.
 */
export interface RoomMember {
  user_id: string;
  name: string;
  role: "owner" | "host" | "member";
}
/**
 * A person to invite to a room.
 */
export interface Invite {
  /**
   * email address
   */
  email: string;
  role?: "host" | "member";
  /**
   * language of the mail
   */
  language?: "en" | "de";
}
/**
 * An invitation, for the person who made it.
 */
export interface Invited {
  /**
   * for the invited person; works once. The only way in for people who haven't confirmed their address, which nobody can do on a server without mail
   */
  link: string;
  /**
   * true: the link was mailed to the address; false: send it yourself, as no mail is set up or too many were sent
   */
  mailed: boolean;
}
/**
 * Body of `POST /api/rooms/accept`.
 */
export interface InvitationToken {
  /**
   * from the invitation link
   */
  token: string;
}
/**
 * The bans of a room, the latest first.
 */
export interface RoomBans {
  bans: RoomBan[];
}
/**
 * A person banned from a room.
 */
export interface RoomBan {
  person_id: string;
  name: string;
  banned_at: number;
}
/**
 * Chat messages, oldest first.
 */
export interface RoomMessages {
  messages: RoomMessage[];
  /**
   * ids of messages after which others may be missing because the server stopped before storing them; `messages` needn't have the ids themselves
   */
  gaps: number[];
}
/**
 * A chat message.
 */
export interface RoomMessage {
  id: number;
  sender_name: string;
  /**
   * empty if it was deleted
   */
  text: string;
  private: boolean;
  mine: boolean;
  deleted: boolean;
  sent_at: number;
}
/**
 * The events of a room, oldest first.
 */
export interface RoomHistory {
  events: RoomEvent[];
}
/**
 * Something that happened in a room.
 */
export interface RoomEvent {
  id: number;
  name: string;
  kind: "joined" | "left" | "removed" | "banned" | "unbanned" | "created" | "ended";
  at: number;
}
/**
 * Body of `POST /api/admin/claim`.
 */
export interface Claim {
  /**
   * from the link that the server printed at its start
   */
  token: string;
}
/**
 * Some accounts.
 */
export interface AdminUsers {
  users: AdminUser[];
  /**
   * how many match in all
   */
  count: number;
}
/**
 * An account, as administrators see it.
 */
export interface AdminUser {
  id: string;
  email: string;
  name: string;
  /**
   * whether they have confirmed the address
   */
  verified: boolean;
  disabled: boolean;
  administrator: boolean;
  /**
   * seconds since 1970
   */
  created_at: number;
}
/**
 * Body of `PUT /api/admin/users/{id}/administrator`.
 */
export interface AdministratorRight {
  administrator: boolean;
}
/**
 * The rooms that somebody is in, the largest first.
 */
export interface AdminRooms {
  rooms: AdminRoom[];
}
/**
 * A room in use.
 */
export interface AdminRoom {
  id: string;
  code: string;
  title: string;
  locked: boolean;
  people: number;
  /**
   * people waiting to be admitted
   */
  waiting: number;
  /**
   * people whose connection is poor or lost
   */
  poor: number;
  /**
   * bits of media per second; null: not measured yet
   */
  received: number | null;
  /**
   * bits of media per second; null: not measured yet
   */
  sent: number | null;
}
/**
 * A room in use, with the people in it.
 */
export interface AdminRoomDetails {
  id: string;
  code: string;
  title: string;
  locked: boolean;
  people: number;
  /**
   * people waiting to be admitted
   */
  waiting: number;
  /**
   * people whose connection is poor or lost
   */
  poor: number;
  /**
   * bits of media per second; null: not measured yet
   */
  received: number | null;
  /**
   * bits of media per second; null: not measured yet
   */
  sent: number | null;
  participants: AdminPerson[];
}
/**
 * Somebody in a room.
 */
export interface AdminPerson {
  id: string;
  name: string;
  guest: boolean;
  host: boolean;
  /**
   * joining, connected or lost
   */
  connection: string;
  /**
   * good, poor or lost
   */
  quality: string;
  /**
   * sources: microphone, camera, screen, screen_audio
   */
  publishes: string[];
  /**
   * bits of media per second; null: not measured yet
   */
  received: number | null;
  /**
   * bits of media per second; null: not measured yet
   */
  sent: number | null;
}
/**
 * All settings of the server, which are changed in its configuration.
 */
export interface AdminSettings {
  settings: AdminSetting[];
}
/**
 * A setting of the server.
 */
export interface AdminSetting {
  name: string;
  /**
   * as text; of a secret only whether it is set
   */
  value: string;
  /**
   * whether it isn't the default
   */
  changed: boolean;
  meaning: string;
}
/**
 * How the server is.
 */
export interface Health {
  version: string;
  /**
   * seconds since 1970
   */
  started_at: number;
  /**
   * whether the database answers
   */
  database: boolean;
  /**
   * rooms that somebody is in
   */
  rooms: number;
  people: number;
  media_connections: number;
  /**
   * null: the database doesn't answer
   */
  accounts: number | null;
  /**
   * events of rooms that wait to be stored
   */
  unwritten: number;
  /**
   * seconds since 1970; null: the server has no certificate of its own
   */
  certificate_ends: number | null;
  /**
   * why there is no new certificate; null: nothing
   */
  certificate_problem: string | null;
}
/**
 * All findings.
 */
export interface AdminFindings {
  findings: AdminFinding[];
}
/**
 * What a check of `milanio doctor` has found.
 */
export interface AdminFinding {
  check: string;
  level: Level;
  text: string;
  /**
   * what to do; empty: nothing
   */
  advice: string;
  /**
   * which of the check's sentences it is, for translations
   */
  code: string;
  /**
   * what is filled into them
   */
  values: {
    [k: string]: string;
  };
}
/**
 * The latest ones since the server started, the newest first.
 */
export interface AdminProblems {
  problems: AdminProblem[];
}
/**
 * A warning or error of the server's log.
 */
export interface AdminProblem {
  /**
   * seconds since 1970
   */
  at: number;
  level: string;
  source: string;
  text: string;
}
/**
 * All API keys, by name.
 */
export interface AdminKeys {
  keys: AdminKey[];
}
/**
 * An API key, without the key itself.
 */
export interface AdminKey {
  id: string;
  name: string;
  scopes: ("rooms" | "join" | "users.read" | "users.write" | "calls.read" | "calls.write" | "server.read")[];
  /**
   * name of the account; null: the operator made it on the server
   */
  owner: string | null;
  /**
   * seconds since 1970
   */
  created_at: number;
  /**
   * to the hour; null: never
   */
  last_used_at: number | null;
  /**
   * null: never
   */
  expires_at: number | null;
}
/**
 * A key to make; it belongs to you, and so do the rooms that it creates.
 */
export interface NewKey {
  /**
   * what it is for; each has another
   */
  name: string;
  /**
   * what it is good for
   *
   * @minItems 1
   * @maxItems 7
   */
  scopes: ("rooms" | "join" | "users.read" | "users.write" | "calls.read" | "calls.write" | "server.read")[];
  /**
   * seconds since 1970, in the future; null: never
   */
  expires_at?: number | null;
}
/**
 * A new key.
 */
export interface MadeKey {
  /**
   * the key itself, which can't be shown again
   */
  token: string;
}
/**
 * What a page has to know about this server's settings.
 */
export interface Config {
  /**
   * closed: only the administrator creates accounts
   */
  registration: "open" | "closed";
  /**
   * whether people without an account can create rooms
   */
  guest_rooms: boolean;
  /**
   * whether an address has to be confirmed before the first login
   */
  verification: boolean;
  version: string;
}
/**
 * What a page can't find out by itself when its WebSocket doesn't open.
 */
export interface Connection {
  /**
   * false: the server doesn't know that origin; true: something in between is at fault
   */
  origin_accepted: boolean;
}

/** A room's settings, none left out. */
export type AllRoomSettings = Required<RoomSettings>;

/** What a new room has where nothing is said. */
export const NEW_ROOM: AllRoomSettings = {
  title: "",
  access: "open",
  locked: false,
  start_muted: false,
  start_camera_off: false,
  chat: true,
  capacity: null,
  ttl_seconds: null,
};

/** Characters of a room's title. */
export const LONGEST_TITLE = 100;

/** People that a room may be limited to. */
export const LEAST_CAPACITY = 2;
export const MOST_CAPACITY = 1000;
