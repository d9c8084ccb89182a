import {
  LEAST_CAPACITY,
  MOST_CAPACITY,
  NEW_ROOM,
  type AllRoomSettings,
  type RoomDetails,
} from "../../client/httpTypes";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** How long a room may last without anyone in it, in seconds; null: for ever. */
export const LIFETIMES: readonly (number | null)[] = [HOUR, DAY, 7 * DAY, 30 * DAY, null];

/** The settings of a room, without what else is known of it. */
export function settingsOf(room: RoomDetails): AllRoomSettings {
  const names = Object.keys(NEW_ROOM) as (keyof AllRoomSettings)[];
  return Object.fromEntries(names.map((name) => [name, room[name]])) as unknown as AllRoomSettings;
}

/** What is different in `wanted`. */
export function changesOf(before: AllRoomSettings, wanted: AllRoomSettings): Partial<AllRoomSettings> {
  const keys = Object.keys(before) as (keyof AllRoomSettings)[];
  return Object.fromEntries(keys.filter((key) => before[key] !== wanted[key]).map((key) => [key, wanted[key]]));
}

/** The number of people that was typed; null: as many as come; undefined: that is none. */
export function capacityFrom(text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === "") return null;
  const number = Number(typed);
  return Number.isInteger(number) && number >= LEAST_CAPACITY && number <= MOST_CAPACITY ? number : undefined;
}
