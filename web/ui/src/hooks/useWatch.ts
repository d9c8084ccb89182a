import { useCallback, useEffect, useRef } from "react";
import type { Call } from "../client/call";

const DEBOUNCE_MS = 100;

export interface Watchable {
  publication: string;
  priority: number;
}

/** Tells how high the tile of a publication is, in CSS pixels; null: it is not shown any more. */
export type ReportHeight = (publication: string, height: number | null) => void;

/** Keeps the call told of which of `watchables` the page shows, and how large. */
export function useWatch(call: Call, watchables: readonly Watchable[]): ReportHeight {
  const heights = useRef(new Map<string, number>());
  const latest = useRef(watchables);
  const told = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const soon = useRef(false);

  const flush = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    soon.current = false;
    const scale = document.hidden ? 0 : window.devicePixelRatio;
    const wanted = latest.current.map(({ publication, priority }) => {
      const height = Math.min(16384, Math.round((heights.current.get(publication) ?? 0) * scale));
      return { publication, priority, height };
    });
    const visible = wanted.filter(({ height }) => height > 0);
    told.current = new Set(visible.map(({ publication }) => publication));
    call.watch([...visible, ...wanted.filter(({ height }) => height === 0)]);
  }, [call]);

  const schedule = useCallback(() => {
    // Somebody new is waited for; a new size is not, and dragging a window makes many.
    const isNew = latest.current.some(
      ({ publication }) => heights.current.has(publication) && !told.current.has(publication),
    );
    if (isNew && !document.hidden) {
      // Every tile of a page reports by itself, in one go: one message for all of them.
      if (!soon.current) queueMicrotask(flush);
      soon.current = true;
    } else {
      timer.current ??= setTimeout(flush, DEBOUNCE_MS);
    }
  }, [flush]);

  useEffect(() => {
    latest.current = watchables;
    schedule();
  }, [watchables, schedule]);

  useEffect(() => {
    document.addEventListener("visibilitychange", flush);
    return () => {
      document.removeEventListener("visibilitychange", flush);
      clearTimeout(timer.current);
    };
  }, [flush]);

  return useCallback(
    (publication, height) => {
      if (height === null) heights.current.delete(publication);
      else heights.current.set(publication, height);
      schedule();
    },
    [schedule],
  );
}
