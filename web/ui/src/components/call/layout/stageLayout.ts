import type { Corner } from "../../../client/callView";
import { gridCapacity, gridRects, pageOf, type Rect, type Shapes, type Size } from "./gridLayout";

export const GAP = 8;
export const MOST_TILES = 49;

export interface StageTile {
  key: string;
  source: "camera" | "screen";
}

export interface StageInput extends Size {
  /** Others' tiles, in their order. */
  tiles: readonly StageTile[];
  /** Keys of those that are to be shown large; none: everyone is shown alike. */
  focus: readonly string[];
  /** One's own tiles, which are on every page. */
  own: readonly StageTile[];
  /** One's own camera stands apart, small, over the others. */
  floating: StageTile | null;
  corner: Corner;
  page: number;
}

export interface StagePlan {
  /** Where each tile that is to be seen stands. */
  rects: ReadonlyMap<string, Rect>;
  /** The one that has a whole phone to itself, whatever of its picture lies outside. */
  filling?: string;
  page: number;
  pages: number;
}

const PHONE = 640;
const PHONE_SIDEWAYS = 420;
/** Less than that, and a face is no longer a face. */
const SMALLEST = { width: 168, height: 104 };
const SMALLEST_ON_PHONE = { width: 150, height: 140 };
const SMALLEST_BESIDE = { width: 150, height: 88 };
const SMALLEST_BESIDE_ON_PHONE = { width: 100, height: 72 };
/** Beside something large, tiles are as wide as pictures are. */
const BESIDE: Shapes = { widest: 16 / 9, narrowest: 4 / 3 };
/** What is large fills its part: a screen is shown whole in it. */
const ANY_SHAPE: Shapes = { widest: Infinity, narrowest: 0 };
const SCREEN_SHAPE = 16 / 10;
const MARGIN = 12;
/** A shared screen has to become so much larger for the people beside it to go below it. */
const WORTH_MOVING = 1.25;

/** Where everything stands. Pure: the same input gives the same plan. */
export function planStage(input: StageInput): StagePlan {
  if (input.width <= 0 || input.height <= 0) return { rects: new Map(), page: 0, pages: 1 };
  const large = input.focus.flatMap((key) => input.tiles.find((tile) => tile.key === key) ?? []);
  const plan = large.length === 0 ? planGrid(input) : planFocus(input, large);
  if (input.floating !== null) plan.rects.set(input.floating.key, floatingRect(input, input.corner));
  return plan;
}

/** How many of others' tiles a page holds where everyone is shown alike. */
export function tilesPerPage({ width, height, own }: Pick<StageInput, "width" | "height" | "own">): number {
  const smallest = isPhone({ width, height }) ? SMALLEST_ON_PHONE : SMALLEST;
  return Math.max(1, gridCapacity({ width, height }, GAP, smallest, MOST_TILES) - own.length);
}

/** Upright, or held sideways. */
function isPhone({ width, height }: Size): boolean {
  return width < PHONE || height < PHONE_SIDEWAYS;
}

interface MutablePlan extends StagePlan {
  rects: Map<string, Rect>;
}

function planGrid(input: StageInput): MutablePlan {
  const { width, height, tiles, own } = input;
  const { items, page, pages } = pageOf(tiles, input.page, tilesPerPage(input));
  const whole = { left: 0, top: 0, width, height };
  const shown = [...items, ...own];
  const [only, ...others] = shown;
  if (only?.source === "camera" && others.length === 0 && isPhone(input))
    return { rects: place(shown, whole, ANY_SHAPE), filling: only.key, page, pages };
  return { rects: place(shown, whole), page, pages };
}

function planFocus(input: StageInput, large: readonly StageTile[]): MutablePlan {
  const { width, height, own } = input;
  const rest = input.tiles.filter(({ key }) => !input.focus.includes(key));
  const whole = { left: 0, top: 0, width, height };
  const count = rest.length + own.length;
  if (count === 0) return { rects: place(large, whole, ANY_SHAPE), page: 0, pages: 1 };
  const { main, side } = divide(input, large, count);
  const capacity = Math.max(1, besideCapacity(side, isPhone(input)) - own.length);
  const { items, page, pages } = pageOf(rest, input.page, capacity);
  const rects = place(large, main, ANY_SHAPE);
  for (const [key, rect] of place([...items, ...own], side, BESIDE)) rects.set(key, rect);
  return { rects, page, pages };
}

interface Division {
  main: Rect;
  side: Rect;
}

/** The large ones on the left and the others on the right, or above and below: whatever shows more. */
function divide({ width, height }: Size, large: readonly StageTile[], count: number): Division {
  const column = columnWidth(width, height, count);
  const across: Division = {
    main: { left: 0, top: 0, width: width - column - GAP, height },
    side: { left: width - column, top: 0, width: column, height },
  };
  const rows = rowsHeight(width, height, count, large);
  const down: Division = {
    main: { left: 0, top: 0, width, height: height - rows - GAP },
    side: { left: 0, top: height - rows, width, height: rows },
  };
  if (large.some(({ source }) => source === "camera")) return width >= height * 1.1 ? across : down;
  return screenArea(down.main) > screenArea(across.main) * WORTH_MOVING ? down : across;
}

/** Pixels of a shared screen in a rectangle, at the shape that most screens have. */
function screenArea({ width, height }: Size): number {
  const wide = Math.min(width, height * SCREEN_SHAPE);
  return (wide * wide) / SCREEN_SHAPE;
}

function besideCapacity(side: Size, phone: boolean): number {
  const smallest = phone ? SMALLEST_BESIDE_ON_PHONE : SMALLEST_BESIDE;
  return gridCapacity(side, GAP, smallest, MOST_TILES, BESIDE);
}

/** The narrowest column beside the large one that holds everybody, or the widest there is. */
function columnWidth(width: number, height: number, count: number): number {
  const widths = [0.18, 0.26, 0.34].map((share) => Math.round(Math.max(150, width * share)));
  const found = widths.find(
    (candidate) => besideCapacity({ width: candidate, height }, isPhone({ width, height })) >= count,
  );
  return found ?? widths[widths.length - 1] ?? width / 3;
}

/** Below the large one: a shared screen takes what its shape needs, a person what the others leave. */
function rowsHeight(width: number, height: number, count: number, large: readonly StageTile[]): number {
  const screens = large.every(({ source }) => source === "screen");
  const columns = width < PHONE ? 3 : Math.max(4, Math.floor(width / 220));
  const tileHeight = Math.round((width - GAP * (columns - 1)) / columns / BESIDE.widest);
  const rows = Math.min(2, Math.ceil(count / columns));
  const least = rows * Math.max(72, tileHeight) + (rows - 1) * GAP;
  if (screens && large.length === 1)
    return Math.max(Math.min(least, height * 0.3), height - width / SCREEN_SHAPE - GAP);
  return Math.min(height * 0.45, least * 1.2);
}

function place(tiles: readonly StageTile[], area: Rect, shapes?: Shapes): Map<string, Rect> {
  const rects = gridRects(tiles.length, area, GAP, shapes);
  return new Map(tiles.flatMap(({ key }, index) => (rects[index] === undefined ? [] : [[key, rects[index]]])));
}

function floatingRect({ width, height }: Size, corner: Corner): Rect {
  const wide = Math.round(Math.min(240, Math.max(108, width * 0.2)));
  const size =
    width < PHONE
      ? { width: wide, height: Math.round((wide * 4) / 3) }
      : { width: wide, height: Math.round((wide * 9) / 16) };
  return {
    ...size,
    left: corner.endsWith("left") ? MARGIN : width - size.width - MARGIN,
    top: corner.startsWith("top") ? MARGIN : height - size.height - MARGIN,
  };
}
