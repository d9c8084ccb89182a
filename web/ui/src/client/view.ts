import type { Wanted } from "./slots";

const DEBOUNCE_MS = 100;
const HIGHEST = 16384;

/** Someone else's video, in the order of importance. */
export interface Watchable {
  publication: string;
  source: "camera" | "screen";
  priority: number;
}

export interface Limits {
  /** Pictures of people at a time; null: all that are in view. Shared screens do not count. */
  mostVideos: number | null;
  /** Pixels that no picture of a person exceeds; null: what its tile can show. */
  mostHeight: number | null;
}

/** What should be received for what is in view: `heights` are those of the tiles, in physical pixels. */
export function wantedOf(
  watchables: readonly Watchable[],
  heights: ReadonlyMap<string, number>,
  { mostVideos, mostHeight }: Limits,
): Wanted[] {
  const wanted = watchables.map(({ publication, source, priority }) => {
    const height = Math.min(HIGHEST, Math.round(heights.get(publication) ?? 0));
    const limited = source === "camera" && mostHeight !== null ? Math.min(height, mostHeight) : height;
    return { publication, source, priority, height: limited };
  });
  // Large tiles first where the priority is the same; then in the order of the page.
  const visible = wanted
    .filter(({ height }) => height > 0)
    .sort((one, other) => other.priority - one.priority || other.height - one.height);
  let left = mostVideos ?? Infinity;
  const shown = new Set<string>();
  for (const { publication, source } of visible) {
    if (source === "screen" || left-- > 0) shown.add(publication);
  }
  const all = [...visible, ...wanted.filter(({ height }) => height === 0)];
  return all.map(({ publication, priority, height }) => ({
    publication,
    priority,
    height: shown.has(publication) ? height : 0,
  }));
}

/** The page as a View sees it; tests bring their own. */
export interface ViewPage {
  hidden: () => boolean;
  scale: () => number;
}

const PAGE: ViewPage = { hidden: () => document.hidden, scale: () => window.devicePixelRatio };

/**
 * What of a call is in view: keeps the call told, at once where somebody new is waited for, a little later where only
 * a size changes, for dragging a window makes many.
 */
export class View {
  private watchables: readonly Watchable[] = [];
  private heights: ReadonlyMap<string, number> = new Map();
  private elsewhere: ReadonlyMap<string, number> = new Map();
  private limits: Limits = { mostVideos: null, mostHeight: null };
  private told = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private soon = false;

  constructor(
    private readonly watch: (wanted: Wanted[]) => void,
    private readonly page: ViewPage = PAGE,
  ) {}

  setWatchables(watchables: readonly Watchable[]): void {
    this.watchables = watchables;
    this.schedule();
  }

  /** Heights of the tiles that are on the page, in CSS pixels, by publication. */
  setHeights(heights: ReadonlyMap<string, number>): void {
    this.heights = heights;
    this.schedule();
  }

  /** Heights of pictures that stand in a window of their own, and are seen while the page is not. */
  setElsewhere(heights: ReadonlyMap<string, number>): void {
    this.elsewhere = heights;
    this.schedule();
  }

  setLimits(limits: Limits): void {
    if (limits.mostVideos === this.limits.mostVideos && limits.mostHeight === this.limits.mostHeight) return;
    this.limits = limits;
    this.schedule();
  }

  /** Tells at once; also to be called when the page comes into view or goes out of it. */
  readonly flush = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.soon = false;
    const heights = this.physicalHeights();
    const wanted = wantedOf(this.watchables, heights, this.limits);
    this.told = new Set([...heights.keys()]);
    this.watch(wanted);
  };

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private physicalHeights(): Map<string, number> {
    const scale = this.page.scale();
    const heights = new Map<string, number>();
    const parts = this.page.hidden() ? [this.elsewhere] : [this.heights, this.elsewhere];
    for (const part of parts) {
      for (const [publication, height] of part) {
        heights.set(publication, Math.max(heights.get(publication) ?? 0, height * scale));
      }
    }
    return heights;
  }

  private schedule(): void {
    const heights = this.physicalHeights();
    const isNew = this.watchables.some(({ publication }) => heights.has(publication) && !this.told.has(publication));
    if (isNew) {
      if (!this.soon) queueMicrotask(this.flush);
      this.soon = true;
    } else {
      this.timer ??= setTimeout(this.flush, DEBOUNCE_MS);
    }
  }
}
