export interface GridLayout {
  columns: number;
  tileWidth: number;
  tileHeight: number;
}

const WIDEST = 16 / 9;
const NARROWEST = 3 / 4;

/** The columns and the tile size that fill `width` × `height` best with `count` tiles, `gap` apart. */
export function gridLayout(count: number, width: number, height: number, gap: number): GridLayout {
  let best: GridLayout = { columns: 1, tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const tileWidth = Math.floor(Math.min(cellWidth, cellHeight * WIDEST));
    const tileHeight = Math.floor(Math.min(cellHeight, cellWidth / NARROWEST));
    if (worth(tileWidth, tileHeight) > worth(best.tileWidth, best.tileHeight))
      best = { columns, tileWidth, tileHeight };
  }
  return best;
}

/** Area, less what cropping a wide picture into a tall tile throws away beyond a square. */
function worth(tileWidth: number, tileHeight: number): number {
  return tileWidth * Math.min(tileHeight, tileWidth);
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
