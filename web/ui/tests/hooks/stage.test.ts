import { describe, expect, test } from "vitest";
import { applyEvent, fromWelcome } from "../../src/client/state";
import { focusOf, ownViewOf, type TileModel, tilesOf, watchablesOf } from "../../src/hooks/useStage";
import { participant, publication, welcome } from "../fakes/messages";

const state = fromWelcome(
  welcome({
    you: participant("me", "Me", [publication("me", "camera"), publication("me", "screen")]),
    participants: [
      participant("a", "Ada", [publication("a", "camera"), publication("a", "screen")]),
      participant("b", "Ben", [publication("b", "camera"), publication("b", "screen")]),
      participant("c", "Cy"),
    ],
  }),
);

test("tiles: screens first, the newest before the others, then people as they came", () => {
  expect(tilesOf(state).map(({ key }) => key)).toEqual([
    "b.screen",
    "a.screen",
    "me.screen",
    "me.camera",
    "a.camera",
    "b.camera",
    "c.camera",
  ]);
  expect(tilesOf(state).filter(({ own }) => own)).toHaveLength(2);
  expect(tilesOf(state).at(-1)?.publication).toBeNull();
});

test("what can be received is what others publish, speakers before others, screens before all", () => {
  const speaking = applyEvent(state, { type: "speakers", participants: ["b", "a"] }, 0);
  const priorities = Object.fromEntries(watchablesOf(speaking).map((one) => [one.publication, one.priority]));
  expect(Object.keys(priorities).sort()).toEqual(["a.camera", "a.screen", "b.camera", "b.screen"]);
  expect(priorities["a.screen"]).toBeGreaterThan(priorities["b.camera"] ?? 0);
  expect(priorities["b.camera"]).toBeGreaterThan(priorities["a.camera"] ?? 0);
  expect(watchablesOf(state)[1]?.priority).toBeLessThan(priorities["a.camera"] ?? 0);
});

describe("what is large", () => {
  const tile = (participantId: string, source: "camera" | "screen" = "camera", own = false): TileModel => ({
    key: `${participantId}.${source}`,
    participant: participantId,
    source,
    own,
    publication: null,
  });
  const people = [tile("me", "camera", true), tile("a"), tile("b"), tile("c")];
  const base = { tiles: people, pins: [], layout: "auto" as const, featured: "b", fits: true };

  test("is nobody where all fit", () => {
    expect(focusOf(base)).toEqual([]);
    expect(focusOf({ ...base, layout: "grid", fits: false })).toEqual([]);
  });

  test("is who speaks, where that is chosen or not all fit; before anyone speaks, the first", () => {
    expect(focusOf({ ...base, layout: "speaker" })).toEqual(["b.camera"]);
    expect(focusOf({ ...base, fits: false })).toEqual(["b.camera"]);
    expect(focusOf({ ...base, layout: "speaker", featured: null })).toEqual(["a.camera"]);
    expect(focusOf({ ...base, layout: "speaker", featured: "gone" })).toEqual(["a.camera"]);
    expect(focusOf({ ...base, layout: "speaker", tiles: people.slice(0, 2) })).toEqual([]);
  });

  test("is the newest screen of another", () => {
    const shared = [tile("c", "screen"), tile("a", "screen"), tile("me", "screen", true), ...people];
    expect(focusOf({ ...base, tiles: shared })).toEqual(["c.screen"]);
    expect(focusOf({ ...base, tiles: [tile("me", "screen", true), ...people] })).toEqual([]);
    expect(focusOf({ ...base, tiles: shared, layout: "grid" })).toEqual([]);
  });

  test("is what is pinned, before all", () => {
    const shared = [tile("c", "screen"), ...people];
    expect(focusOf({ ...base, tiles: shared, pins: ["a.camera", "gone.camera"] })).toEqual(["a.camera"]);
    expect(focusOf({ ...base, layout: "grid", pins: ["a.camera", "b.camera"] })).toEqual(["a.camera", "b.camera"]);
    expect(focusOf({ ...base, pins: ["me.camera"] })).toEqual([]);
  });
});

test("one's own picture floats where there is one other, unless one wants it otherwise", () => {
  expect(ownViewOf("auto", 0, false)).toBe(false);
  expect(ownViewOf("hidden", 0, false)).toBe(false);
  expect(ownViewOf("auto", 1, false)).toBe(true);
  expect(ownViewOf("auto", 1, true)).toBe(false);
  expect(ownViewOf("auto", 5, false)).toBe(false);
  expect(ownViewOf("floating", 5, true)).toBe(true);
  expect(ownViewOf("tile", 1, false)).toBe(false);
  expect(ownViewOf("hidden", 5, false)).toBeNull();
});
