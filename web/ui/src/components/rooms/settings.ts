import type { Room, RoomSettings } from "../../api/types";

/** As the server has them. */
export const LONGEST_TITLE = 100;
export const LEAST_CAPACITY = 2;
export const MOST_CAPACITY = 1000;

const HOUR = 3600;
const DAY = 24 * HOUR;

/** How long a room may last without anyone in it, in seconds; null: for ever. */
export const LIFETIMES: readonly (number | null)[] = [HOUR, DAY, 7 * DAY, 30 * DAY, null];

export const NEW_ROOM: RoomSettings = {
  title: "",
  access: "open",
  locked: false,
  capacity: null,
  start_muted: false,
  start_camera_off: false,
  chat: true,
  ttl_seconds: null,
};

/** The settings of a room, without what else is known of it. */
export function settingsOf(room: Room): RoomSettings {
  const { title, access, locked, capacity, start_muted, start_camera_off, chat, ttl_seconds } = room;
  return { title, access, locked, capacity, start_muted, start_camera_off, chat, ttl_seconds };
}

/** What is different in `wanted`. */
export function changesOf(before: RoomSettings, wanted: RoomSettings): Partial<RoomSettings> {
  const keys = Object.keys(before) as (keyof RoomSettings)[];
  return Object.fromEntries(keys.filter((key) => before[key] !== wanted[key]).map((key) => [key, wanted[key]]));
}

/** The number of people that was typed; null: as many as come; undefined: that is none. */
export function capacityFrom(text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === "") return null;
  const number = Number(typed);
  return Number.isInteger(number) && number >= LEAST_CAPACITY && number <= MOST_CAPACITY ? number : undefined;
}
