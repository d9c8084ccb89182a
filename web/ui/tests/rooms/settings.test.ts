import { describe, expect, test } from "vitest";
import { roomCodeFrom } from "../../src/components/names";
import { roomProblem } from "../../src/components/RoomProblem";
import { capacityFrom, changesOf, NEW_ROOM } from "../../src/components/rooms/settings";

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

describe("the code of a room", () => {
  test.each([
    ["abcde-fghij-klmno", "abcde-fghij-klmno"],
    [" ABCDE fghij KLMNO ", "abcde-fghij-klmno"],
    ["abcdefghijklmno", "abcde-fghij-klmno"],
    ["abcde–fghij—klmno", "abcde-fghij-klmno"],
    ["https://calls.example.org/r/abcde-fghij-klmno?name=Ada#x", "abcde-fghij-klmno"],
    ["calls.example.org/r/abcde-fghij-klmno", "abcde-fghij-klmno"],
    ["team", "team"],
    ["", null],
    ["<script>", null],
    ["https://example.org/other", null],
    ["https://example.org/r/%3Cscript%3E", null],
    ["x".repeat(65), null],
  ])("in %j is %j", (input, expected) => {
    expect(roomCodeFrom(input)).toBe(expected);
  });
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
