export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Size {
  left: number;
  top: number;
}

export interface GridLayout {
  columns: number;
  tileWidth: number;
  tileHeight: number;
}

/** The shapes that a tile may have, as width by height. */
export interface Shapes {
  widest: number;
  narrowest: number;
}

const ANY_SHAPE: Shapes = { widest: 16 / 9, narrowest: 3 / 4 };

/** The columns and the tile size that fill `width` × `height` best with `count` tiles, `gap` apart. */
export function gridLayout(
  count: number,
  width: number,
  height: number,
  gap: number,
  { widest, narrowest }: Shapes = ANY_SHAPE,
): GridLayout {
  let best: GridLayout = { columns: 1, tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const tileWidth = Math.floor(Math.min(cellWidth, cellHeight * widest));
    const tileHeight = Math.floor(Math.min(cellHeight, cellWidth / narrowest));
    if (worth(tileWidth, tileHeight) > worth(best.tileWidth, best.tileHeight))
      best = { columns, tileWidth, tileHeight };
  }
  return best;
}

/** Area, less what cropping a wide picture into a tall tile throws away beyond a square. */
function worth(tileWidth: number, tileHeight: number): number {
  return tileWidth * Math.min(tileHeight, tileWidth);
}

/** How many tiles of at least `smallest` an area holds; never less than one. */
export function gridCapacity(
  area: Size,
  gap: number,
  smallest: Size,
  most: number,
  shapes: Shapes = ANY_SHAPE,
): number {
  for (let count = most; count > 1; count--) {
    const { tileWidth, tileHeight } = gridLayout(count, area.width, area.height, gap, shapes);
    if (tileWidth >= smallest.width && tileHeight >= smallest.height) return count;
  }
  return 1;
}

/** Where `count` tiles stand in `area`: in rows, the last one centred as all of them are. */
export function gridRects(count: number, area: Rect, gap: number, shapes: Shapes = ANY_SHAPE): Rect[] {
  const { columns, tileWidth, tileHeight } = gridLayout(count, area.width, area.height, gap, shapes);
  const rows = Math.ceil(count / columns);
  const top = area.top + (area.height - rows * tileHeight - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = area.left + (area.width - inRow * tileWidth - (inRow - 1) * gap) / 2;
    return {
      left: Math.round(left + (index % columns) * (tileWidth + gap)),
      top: Math.round(top + row * (tileHeight + gap)),
      width: tileWidth,
      height: tileHeight,
    };
  });
}

/** Page `page` of `items`, and how many pages there are; a page that no longer exists becomes the last. */
export function pageOf<Item>(
  items: readonly Item[],
  page: number,
  perPage: number,
): { items: readonly Item[]; page: number; pages: number } {
  const pages = Math.max(1, Math.ceil(items.length / perPage));
  const current = Math.min(Math.max(0, page), pages - 1);
  return { items: items.slice(current * perPage, (current + 1) * perPage), page: current, pages };
}
