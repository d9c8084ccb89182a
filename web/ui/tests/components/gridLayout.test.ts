import { describe, expect, test } from "vitest";
import { gridLayout, pageOf } from "../../src/components/call/layout/gridLayout";

const GAP = 8;

describe("the grid", () => {
  test.each([
    ["one on a desktop", 1, 1424, 800, 1],
    ["two on a desktop stand side by side", 2, 1424, 800, 2],
    ["four on a desktop", 4, 1424, 800, 2],
    ["nine on a desktop", 9, 1424, 800, 3],
    ["two on a phone stand above one another", 2, 374, 700, 1],
    ["a strip beside a screen", 5, 260, 800, 1],
  ])("%s", (_what, count, width, height, columns) => {
    expect(gridLayout(count, width, height, GAP).columns).toBe(columns);
  });

  test.each([
    [1424, 800],
    [374, 700],
    [260, 800],
    [800, 200],
  ])("in %i × %i fits 1 to 49 tiles, none too flat or too tall", (width, height) => {
    for (let count = 1; count <= 49; count++) {
      const { columns, tileWidth, tileHeight } = gridLayout(count, width, height, GAP);
      const rows = Math.ceil(count / columns);
      expect(tileWidth).toBeGreaterThan(0);
      expect(columns * tileWidth + (columns - 1) * GAP).toBeLessThanOrEqual(width);
      expect(rows * tileHeight + (rows - 1) * GAP).toBeLessThanOrEqual(height);
      expect(tileWidth / tileHeight).toBeLessThan(1.9);
      expect(tileWidth / tileHeight).toBeGreaterThan(0.7);
    }
  });

  test("uses most of the space for a handful", () => {
    for (const count of [1, 2, 3, 4, 6, 9]) {
      const { tileWidth, tileHeight } = gridLayout(count, 1424, 800, GAP);
      expect((count * tileWidth * tileHeight) / (1424 * 800)).toBeGreaterThan(0.6);
    }
  });

  test("has no tiles before it was measured", () => {
    expect(gridLayout(3, 0, 0, GAP)).toMatchObject({ tileWidth: 0, tileHeight: 0 });
  });
});

test("pages hold their share, and a page that is gone becomes the last", () => {
  const items = ["a", "b", "c", "d", "e"];
  expect(pageOf(items, 1, 2)).toEqual({ items: ["c", "d"], page: 1, pages: 3 });
  expect(pageOf(items, 7, 2)).toEqual({ items: ["e"], page: 2, pages: 3 });
  expect(pageOf([], 3, 2)).toEqual({ items: [], page: 0, pages: 1 });
});
