/** What the HTTP API takes and gives. Times are in seconds since 1970. */

import type { ThemeChoice } from "../theme/theme";

export interface Config {
  registration: "open" | "closed";
  /** Whether people without an account may make rooms. */
  guest_rooms: boolean;
  /** Whether an address has to be verified before the first log-in. */
  verification: boolean;
  version: string;
}

export interface User {
  id: string;
  email: string;
  name: string;
  verified: boolean;
  /** "#rrggbb" */
  avatar_colour: string;
  avatar: string | null;
  theme: ThemeChoice;
  created_at: number;
}

export interface LogIn {
  id: string;
  /** Whether it is the one of this browser. */
  current: boolean;
  signed_in_at: number;
  last_used_at: number;
  expires_at: number;
  user_agent: string;
  address: string;
}

export type Access = "open" | "members" | "waiting";
export type RoomState = "created" | "waiting" | "active" | "expired" | "destroyed";
export type RoomRole = "owner" | "host" | "member";

export interface RoomSettings {
  title: string;
  access: Access;
  locked: boolean;
  capacity: number | null;
  start_muted: boolean;
  start_camera_off: boolean;
  chat: boolean;
  ttl_seconds: number | null;
}

export interface Room extends RoomSettings {
  id: string;
  code: string;
  link: string;
  state: RoomState;
  role: RoomRole | null;
  /** How many are inside now. */
  participants: number;
  created_at: number;
  last_active_at: number;
  expires_at: number | null;
}

/** What somebody with a room's code sees of it before they come in. */
export interface Door {
  title: string;
  access: Access;
  locked: boolean;
  full: boolean;
  state: RoomState;
  participants: number;
  sign_in_required: boolean;
}

export interface Inside {
  id: string;
  name: string;
  host: boolean;
  guest: boolean;
}

export interface Member {
  user_id: string;
  name: string;
  role: RoomRole;
}

export interface Members {
  members: Member[];
  /** Addresses whose owners belong to the room once they log in. */
  invited: string[];
}

export interface Ban {
  person_id: string;
  name: string;
  banned_at: number;
}
