import { type ReactNode, useRef } from "react";
import { useElementSize } from "../hooks/useElementSize";
import { gridLayout } from "./gridLayout";

const GAP = 8;

/** Lays its tiles out so that they fill the space it has. */
export function TileGrid({ tiles }: { tiles: readonly { key: string; node: ReactNode }[] }) {
  const grid = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(grid);
  const layout = gridLayout(tiles.length, width, height, GAP);
  return (
    <div ref={grid} className="grid">
      {tiles.map(({ key, node }) => (
        <div key={key} className="cell" style={{ width: layout.tileWidth, height: layout.tileHeight }}>
          {node}
        </div>
      ))}
    </div>
  );
}
