import { describe, expect, test } from "vitest";
import { roomCodeFrom, roomPathFrom } from "../../src/lib/roomCode";
import examples from "../../../../tests/examples/room_codes.json";

describe("the code of a room", () => {
  test.each(examples)("in $text is $code", ({ text, code }) => {
    expect(roomCodeFrom(text)).toBe(code);
  });

  test.each([
    ["abcde-fghjk-mnpqr.", "/r/abcde-fghjk-mnpqr"],
    ["https://meet.example/r/abcde-fghjk-mnpqr#invite=Aa_-9.", "/r/abcde-fghjk-mnpqr#invite=Aa_-9"],
    [
      "https://x.example/?u=https%3A%2F%2Fmeet.example%2Fr%2Fabcde-fghjk-mnpqr%23invite%3DAa",
      "/r/abcde-fghjk-mnpqr#invite=Aa",
    ],
    ["https://meet.example/r/abcde-fghjk-mnpqr#link=eyJ.Aa_-9.x-Y.", "/r/abcde-fghjk-mnpqr#link=eyJ.Aa_-9.x-Y"],
    ["nothing here", null],
  ])("leads from %j to %j", (text, path) => {
    expect(roomPathFrom(text)).toBe(path);
  });
});
