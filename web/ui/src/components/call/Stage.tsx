import { ChevronLeft, ChevronRight } from "lucide-react";
import { type PointerEvent, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { CallView, Corner } from "../../client/callView";
import { useCallParts, useCallView, usePreference } from "../../hooks/useCallContext";
import { useFirstStep } from "../../hooks/useArrival";
import { type Size, useElementSize } from "../../hooks/useElementSize";
import { useFeatured } from "../../hooks/useFeatured";
import { focusOf, ownViewOf, type TileModel, useHeights, useTiles } from "../../hooks/useStage";
import { useSwipe } from "../../hooks/useSwipe";
import { IconButton } from "../ui/IconButton";
import { Part } from "../Part";
import { Alone } from "./Alone";
import type { Rect } from "./layout/gridLayout";
import { planStage, type StagePlan, tilesPerPage } from "./layout/stageLayout";
import { placed, Tile } from "./Tile";

/** All pictures of the call. `covered`: something stands before them, so that none of them is to be seen. */
export function Stage({ covered }: { covered: boolean }) {
  const { t } = useTranslation("call");
  const { view, ui } = useCallParts();
  const main = useRef<HTMLElement>(null);
  // The door's button is gone: the keyboard begins here, where keys act on the call.
  useFirstStep(main);
  const area = useRef<HTMLDivElement>(null);
  const size = useElementSize(area);
  const tiles = useTiles();
  const { focus, floating, plan } = useStagePlan(tiles, size);
  useHeights(view, tiles, plan.rects, covered);
  const alone = tiles.length === 1;
  useEffect(() => ui.setPages(plan.page, plan.pages), [ui, plan.page, plan.pages]);
  const turn = (step: number): void => ui.turn(step);
  const swipe = useSwipe(turn);
  const drag = useCornerDrag(ui, size, plan.rects.get(floating ?? ""));

  return (
    <main ref={main} tabIndex={-1} className="stage" aria-label={t("stage.label")}>
      <div ref={area} className="stage-area" {...swipe}>
        {tiles.map((tile) => {
          const rect = plan.rects.get(tile.key);
          if (rect === undefined) return null;
          return (
            <Part key={tile.key} className="tile" style={placed(rect)}>
              <Tile
                tile={tile}
                rect={rect}
                large={focus.includes(tile.key)}
                floating={floating === tile.key}
                filling={plan.filling === tile.key}
              />
            </Part>
          );
        })}
        {drag !== null && <div className="stage-drag" {...drag} aria-hidden />}
        {alone && <Alone />}
      </div>
      {plan.pages > 1 && <Pages page={plan.page} pages={plan.pages} onTurn={turn} />}
    </main>
  );
}

interface Staged {
  focus: readonly string[];
  floating: string | null;
  plan: StagePlan;
}

/** What is large, what floats, and where everything stands. */
function useStagePlan(tiles: readonly TileModel[], size: Size): Staged {
  const page = useCallView((state) => state.page);
  const pins = useCallView((state) => state.pins);
  const corner = useCallView((state) => state.corner);
  const layout = usePreference((preferences) => preferences.layout);
  const ownView = usePreference((preferences) => preferences.ownView);
  const featured = useFeatured();
  return useMemo(() => {
    const others = tiles.filter(({ own }) => !own);
    const camera = tiles.find(({ own, source }) => own && source === "camera");
    const ownScreen = tiles.filter(({ own, source }) => own && source === "screen");
    const shownWith = [...ownScreen, ...(camera === undefined ? [] : [camera])];
    const fits = others.length <= tilesPerPage({ ...size, own: shownWith });
    const focus = focusOf({ tiles, pins, layout, featured, fits });
    const floats = ownViewOf(ownView, others.length, focus.length > 0);
    const floating = floats === true ? (camera ?? null) : null;
    const own = [...ownScreen, ...(camera !== undefined && floats === false ? [camera] : [])];
    const plan = planStage({ ...size, tiles: others, focus, own, floating, corner, page });
    return { focus, floating: floating?.key ?? null, plan };
  }, [tiles, size, page, pins, corner, layout, ownView, featured]);
}

interface PagesProps {
  page: number;
  pages: number;
  onTurn: (step: number) => void;
}

function Pages({ page, pages, onTurn }: PagesProps) {
  const { t } = useTranslation("call");
  return (
    <nav className="stage-pages" aria-label={t("stage.pages")}>
      <IconButton
        icon={ChevronLeft}
        label={t("stage.previous")}
        look="ghost"
        onClick={() => onTurn(-1)}
        disabled={page === 0}
      />
      <span role="status">{t("stage.page", { page: page + 1, pages })}</span>
      <IconButton
        icon={ChevronRight}
        label={t("stage.next")}
        look="ghost"
        onClick={() => onTurn(1)}
        disabled={page === pages - 1}
      />
    </nav>
  );
}

interface DragHandlers {
  style: { width: number; height: number; transform: string };
  onPointerDown: (event: PointerEvent) => void;
  onPointerUp: (event: PointerEvent) => void;
}

/** One's own small picture goes to the corner that it is pulled towards. */
function useCornerDrag(ui: CallView, { width, height }: Size, rect: Rect | undefined): DragHandlers | null {
  const grabbed = useRef(false);
  if (rect === undefined) return null;
  return {
    // Not over the button in its corner.
    style: {
      width: rect.width - 44,
      height: rect.height,
      transform: `translate(${rect.left}px, ${rect.top}px)`,
    },
    onPointerDown: (event) => {
      grabbed.current = true;
      event.currentTarget.setPointerCapture(event.pointerId);
      event.stopPropagation();
    },
    onPointerUp: (event) => {
      event.stopPropagation();
      if (!grabbed.current) return;
      grabbed.current = false;
      const stage = event.currentTarget.parentElement?.getBoundingClientRect();
      if (stage === undefined) return;
      const right = event.clientX - stage.left > width / 2;
      const bottom = event.clientY - stage.top > height / 2;
      const corner: Corner = `${bottom ? "bottom" : "top"}-${right ? "right" : "left"}`;
      ui.update({ corner });
    },
  };
}
