import { describe, expect, test } from "vitest";
import type { Rect } from "../../src/components/call/layout/gridLayout";
import {
  GAP,
  MOST_TILES,
  planStage,
  type StageInput,
  type StageTile,
  tilesPerPage,
} from "../../src/components/call/layout/stageLayout";

const tiles = (count: number): StageTile[] =>
  Array.from({ length: count }, (_, index) => ({ key: `${index}.camera`, source: "camera" }));
const me: StageTile = { key: "me.camera", source: "camera" };
const screen: StageTile = { key: "s.screen", source: "screen" };

const DESKTOP = { width: 1424, height: 800 };
const TABLET = { width: 804, height: 1090 };
const PHONE = { width: 374, height: 740 };
const SIDEWAYS = { width: 828, height: 290 };
const SIZES = { DESKTOP, TABLET, PHONE, SIDEWAYS };

function input(change: Partial<StageInput>): StageInput {
  return { ...DESKTOP, tiles: [], focus: [], own: [me], floating: null, corner: "bottom-right", page: 0, ...change };
}

const area = ({ width, height }: { width: number; height: number }): number => width * height;

function overlap(one: Rect, other: Rect): boolean {
  const apart =
    one.left + one.width <= other.left ||
    other.left + other.width <= one.left ||
    one.top + one.height <= other.top ||
    other.top + other.height <= one.top;
  return !apart;
}

function expectSound(plan: ReturnType<typeof planStage>, { width, height }: { width: number; height: number }): void {
  const rects = [...plan.rects.values()];
  for (const rect of rects) {
    expect(rect.left).toBeGreaterThanOrEqual(0);
    expect(rect.top).toBeGreaterThanOrEqual(0);
    expect(rect.left + rect.width).toBeLessThanOrEqual(width + 1);
    expect(rect.top + rect.height).toBeLessThanOrEqual(height + 1);
  }
  rects.forEach((rect, index) => {
    for (const other of rects.slice(index + 1)) expect(overlap(rect, other)).toBe(false);
  });
}

describe.each(Object.entries(SIZES))("everyone alike, %s", (_, size) => {
  test.each(Array.from({ length: 60 }, (_, index) => index + 1))("%i people", (count) => {
    const plan = planStage(input({ ...size, tiles: tiles(count) }));
    expectSound(plan, size);
    const perPage = tilesPerPage({ ...size, own: [me] });
    expect(plan.pages).toBe(Math.ceil(count / perPage));
    expect(plan.rects.size).toBe(Math.min(count, perPage) + 1);
    expect(plan.rects.size).toBeLessThanOrEqual(MOST_TILES);
    const sizes = new Set([...plan.rects.values()].map(({ width, height }) => `${width} ${height}`));
    expect(sizes.size).toBe(1);
    const covered = [...plan.rects.values()].reduce((sum, rect) => sum + area(rect), 0);
    expect(covered / area(size)).toBeGreaterThan(count < 3 ? 0.33 : 0.55);
  });
});

describe.each(Object.entries(SIZES))("one large, %s", (_, size) => {
  test.each([0, 1, 2, 5, 12, 40, 200])("beside %i others", (count) => {
    for (const large of [screen, { key: "x.camera", source: "camera" } as const]) {
      const plan = planStage(input({ ...size, tiles: [large, ...tiles(count)], focus: [large.key] }));
      expectSound(plan, size);
      const main = plan.rects.get(large.key);
      expect(main).toBeDefined();
      for (const [key, rect] of plan.rects) {
        if (key !== large.key && main !== undefined) expect(rect.width).toBeLessThanOrEqual(main.width);
      }
      expect(plan.rects.has(me.key)).toBe(true);
    }
  });
});

test("on a screen of 1440 × 900, 48 others and oneself are on one page", () => {
  expect(tilesPerPage({ ...DESKTOP, own: [me] })).toBe(48);
  expect(planStage(input({ tiles: tiles(48) })).pages).toBe(1);
  expect(planStage(input({ tiles: tiles(49) })).pages).toBe(2);
});

test("every page shows others, and oneself", () => {
  const seen = new Set<string>();
  for (let page = 0; page < 3; page++) {
    const plan = planStage(input({ tiles: tiles(110), page }));
    expect(plan.page).toBe(page);
    expect(plan.rects.has(me.key)).toBe(true);
    for (const key of plan.rects.keys()) seen.add(key);
  }
  expect(seen.size).toBe(111);
  expect(planStage(input({ tiles: tiles(110), page: 99 })).page).toBe(2);
});

test("several large ones share the larger part", () => {
  const plan = planStage(input({ tiles: tiles(6), focus: ["0.camera", "1.camera"] }));
  const [one, other, small] = ["0.camera", "1.camera", "2.camera"].map((key) => plan.rects.get(key));
  expect(one && other && area(one) === area(other)).toBe(true);
  expect(small && one && area(one) > 2 * area(small)).toBe(true);
});

test("who is alone with a screen gives it everything", () => {
  const plan = planStage(input({ tiles: [screen], focus: [screen.key], own: [] }));
  expect(plan.rects.get(screen.key)).toEqual({ left: 0, top: 0, ...DESKTOP });
});

test("a screen goes above the people where it is much larger there", () => {
  const narrow = { width: 1056, height: 800 };
  const plan = planStage(input({ ...narrow, tiles: [screen, ...tiles(10)], focus: [screen.key] }));
  expect(plan.rects.get(screen.key)?.width).toBe(narrow.width);
  const wide = planStage(input({ tiles: [screen, ...tiles(10)], focus: [screen.key] }));
  expect(wide.rects.get(screen.key)?.height).toBe(DESKTOP.height);
});

test("one's own picture floats in the corner that was chosen, over the others", () => {
  for (const corner of ["top-left", "top-right", "bottom-left", "bottom-right"] as const) {
    const plan = planStage(input({ tiles: tiles(1), own: [], floating: me, corner }));
    const rect = plan.rects.get(me.key);
    expect(rect).toBeDefined();
    if (rect === undefined) continue;
    expect(rect.left < DESKTOP.width / 2).toBe(corner.endsWith("left"));
    expect(rect.top < DESKTOP.height / 2).toBe(corner.startsWith("top"));
  }
});

test.each([
  ["an upright phone", PHONE],
  ["a phone held sideways", SIDEWAYS],
])("on %s the one other fills everything, with oneself inside", (_, size) => {
  const plan = planStage(input({ ...size, tiles: tiles(1), own: [], floating: me }));
  expect(plan.rects.get("0.camera")).toEqual({ left: 0, top: 0, ...size });
  expect(plan.filling).toBe("0.camera");
  const inside = plan.rects.get(me.key);
  expect(inside && inside.left >= 0 && inside.left + inside.width <= size.width).toBe(true);
  expect(planStage(input({ ...size, tiles: tiles(2) })).filling).toBeUndefined();
  expect(planStage(input({ tiles: tiles(1), own: [], floating: me })).filling).toBeUndefined();
});

test("a focus on somebody who has left is none", () => {
  expect(planStage(input({ tiles: tiles(3), focus: ["gone.camera"] })).rects.size).toBe(4);
});

test("a stage without a size shows nothing", () => {
  expect(planStage(input({ width: 0, tiles: tiles(3) })).rects.size).toBe(0);
  expect(GAP).toBeGreaterThan(0);
});
