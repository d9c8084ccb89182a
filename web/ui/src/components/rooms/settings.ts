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

/** A setting that is on or off. */
type Switch = {
  [Name in keyof AllRoomSettings]: AllRoomSettings[Name] extends boolean ? Name : never;
}[keyof AllRoomSettings];

/** All that are on or off. Their labels are the texts `settings.…` of these names. */
export const SWITCHES = namesOf(NEW_ROOM).filter((name): name is Switch => typeof NEW_ROOM[name] === "boolean");

function namesOf(settings: AllRoomSettings): (keyof AllRoomSettings)[] {
  return Object.keys(settings) as (keyof AllRoomSettings)[];
}

/** The settings of a room, without what else is known of it. */
export function settingsOf(room: RoomDetails): AllRoomSettings {
  return Object.fromEntries(namesOf(NEW_ROOM).map((name) => [name, room[name]])) as unknown as AllRoomSettings;
}

/** What is different in `wanted`. */
export function changesOf(before: AllRoomSettings, wanted: AllRoomSettings): Partial<AllRoomSettings> {
  const changed = namesOf(before).filter((name) => before[name] !== wanted[name]);
  return Object.fromEntries(changed.map((name) => [name, wanted[name]]));
}

/** The number of people that was typed; null: as many as come; undefined: that is none. */
export function capacityFrom(text: string): number | null | undefined {
  const typed = text.trim();
  if (typed === "") return null;
  const number = Number(typed);
  return Number.isInteger(number) && number >= LEAST_CAPACITY && number <= MOST_CAPACITY ? number : undefined;
}
