import { expect, test } from "vitest";
import { roomProblem } from "../../src/components/RoomProblem";
import { NEW_ROOM } from "../../src/client/httpTypes";
import { capacityFrom, changesOf } from "../../src/components/rooms/settings";

test.each([
  ["", null],
  ["  ", null],
  ["2", 2],
  [" 1000 ", 1000],
  ["1", undefined],
  ["1001", undefined],
  ["2.5", undefined],
  ["-3", undefined],
  ["many", undefined],
])("capacity %j is %j", (text, expected) => {
  expect(capacityFrom(text)).toBe(expected);
});

test("only what was changed is sent", () => {
  expect(changesOf(NEW_ROOM, NEW_ROOM)).toEqual({});
  expect(changesOf(NEW_ROOM, { ...NEW_ROOM, locked: true, capacity: 5 })).toEqual({ locked: true, capacity: 5 });
  expect(changesOf({ ...NEW_ROOM, ttl_seconds: 60 }, NEW_ROOM)).toEqual({ ttl_seconds: null });
});

test.each([
  ["room_full", "room_full"],
  ["too_many", "rate_limited"],
  ["busy", "unavailable"],
  ["invalid", null],
  ["toString", null],
])("the page for %s is %s", (code, expected) => {
  expect(roomProblem(code)).toBe(expected);
});
