import { ChevronLeft, ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Call } from "../client/call";
import type { MediaState } from "../client/media";
import type { CallState } from "../client/state";
import { type TileModel, useTiles } from "../hooks/useTiles";
import { useWatch } from "../hooks/useWatch";
import { pageOf } from "./gridLayout";
import { IconButton } from "./IconButton";
import { OwnTile } from "./OwnTile";
import { RemoteTile } from "./RemoteTile";
import { TileGrid } from "./TileGrid";

const TILES_PER_PAGE = 9;

interface StageProps {
  call: Call;
  state: CallState;
  media: MediaState;
  reactions: Readonly<Record<string, string>>;
}

/** All pictures of the call: a shared screen large, people in pages. */
export function Stage({ call, state, media, reactions }: StageProps) {
  const tiles = useTiles(state);
  const report = useWatch(call, tiles.watchables);
  const [wantedPage, setPage] = useState(0);
  const [screen, ...otherScreens] = tiles.screens;
  const { items, page, pages } = pageOf([...otherScreens, ...tiles.others], wantedPage, TILES_PER_PAGE);

  const node = (tile: TileModel): ReactNode => {
    const { id } = tile.participant;
    const marks = {
      speaking: state.speakers.includes(id),
      poor: (state.quality[id] ?? "good") !== "good",
      reaction: reactions[id],
    };
    if (!tile.own) return <RemoteTile tile={tile} state={state} marks={marks} report={report} />;
    const track = tile.source === "screen" ? media.screen : media.camera.track;
    return <OwnTile tile={tile} track={track} marks={marks} />;
  };

  return (
    <main className={screen === undefined ? "stage" : "stage stage-with-screen"} aria-label="Call">
      {screen !== undefined && <div className="stage-screen">{node(screen)}</div>}
      <TileGrid tiles={[...items, ...tiles.own].map((tile) => ({ key: tile.key, node: node(tile) }))} />
      {pages > 1 && (
        <nav className="pages" aria-label="Pages of tiles">
          <IconButton
            icon={ChevronLeft}
            label="Previous page"
            onClick={() => setPage(page - 1)}
            disabled={page === 0}
          />
          <span>
            Page {page + 1} of {pages}
          </span>
          <IconButton
            icon={ChevronRight}
            label="Next page"
            onClick={() => setPage(page + 1)}
            disabled={page === pages - 1}
          />
        </nav>
      )}
    </main>
  );
}
