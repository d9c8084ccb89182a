import { expect, test } from "vitest";
import { audioSlotsFor, MOST_AUDIO_SLOTS } from "../../src/client/audioSlots";

test.each([
  { others: 0, slots: 4 },
  { others: 4, slots: 4 },
  { others: 5, slots: MOST_AUDIO_SLOTS },
  { others: MOST_AUDIO_SLOTS, slots: MOST_AUDIO_SLOTS },
  { others: MOST_AUDIO_SLOTS + 1, slots: 4 },
  { others: 300, slots: 4 },
])("with $others others there are $slots slots where four are proposed", ({ others, slots }) => {
  expect(audioSlotsFor(others, 4)).toBe(slots);
});

test("a server that proposes more is believed", () => {
  expect(audioSlotsFor(9, 12)).toBe(12);
});
