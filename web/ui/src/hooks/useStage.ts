import { useCallback, useEffect, useMemo } from "react";
import type { PreferenceState } from "../client/preferences";
import { type CallState, findPublication, type Participant } from "../client/state";
import type { View, Watchable } from "../client/view";
import { useCallState } from "./useCallContext";
import { useFeatured } from "./useFeatured";
import { sameItems } from "./useSelector";

/** A picture that there is, or could be, of someone. */
export interface TileModel {
  key: string;
  participant: string;
  source: "camera" | "screen";
  own: boolean;
  publication: string | null;
}

const PRIORITY = { screen: 100, featured: 60, speaker: 50, camera: 10 };

export function cameraKey(participant: string): string {
  return `${participant}.camera`;
}

/** The tiles of a call in a steady order, screens first: nobody's picture moves because somebody speaks. */
export function useTiles(): readonly TileModel[] {
  return useCallState(tilesOf, sameItems);
}

export function tilesOf({ participants, you }: CallState): readonly TileModel[] {
  const screens = participants
    .filter((participant) => findPublication(participant, "screen") !== null)
    .map((participant) => tile(participant, "screen", you))
    .reverse();
  return [...screens, ...participants.map((participant) => tile(participant, "camera", you))];
}

function tile(participant: Participant, source: "camera" | "screen", you: string | null): TileModel {
  return {
    key: `${participant.id}.${source}`,
    participant: participant.id,
    source,
    own: participant.id === you,
    publication: findPublication(participant, source)?.id ?? null,
  };
}

/** Everything of others that could be received, and how important it is. */
export function watchablesOf({ participants, you, speakers, featured }: CallState): readonly Watchable[] {
  return participants.flatMap((participant) => {
    if (participant.id === you) return [];
    return (["screen", "camera"] as const).flatMap((source) => {
      const publication = findPublication(participant, source);
      if (publication === null) return [];
      let priority = PRIORITY[source];
      if (source === "camera" && speakers.includes(participant.id)) priority = PRIORITY.speaker;
      if (source === "camera" && featured === participant.id) priority = PRIORITY.featured;
      return [{ publication: publication.id, source, priority }];
    });
  });
}

/** Keeps `view` told of what there is and of the person's limits, and of the page coming into view and going. */
export function useWatching(view: View, preferences: PreferenceState): void {
  const featured = useFeatured();
  const select = useCallback((state: CallState) => watchablesOf({ ...state, featured }), [featured]);
  const watchables = useCallState(select, sameItems);
  const { mostVideos, mostHeight } = preferences;
  useEffect(() => view.setWatchables(watchables), [view, watchables]);
  useEffect(() => view.setLimits({ mostVideos, mostHeight }), [view, mostVideos, mostHeight]);
  useEffect(() => {
    document.addEventListener("visibilitychange", view.flush);
    return () => {
      document.removeEventListener("visibilitychange", view.flush);
      view.stop();
    };
  }, [view]);
}

interface FocusInput {
  tiles: readonly TileModel[];
  pins: readonly string[];
  layout: PreferenceState["layout"];
  /** The other one who spoke last. */
  featured: string | null;
  /** Whether all people find a place where they are shown alike. */
  fits: boolean;
}

/** Which tiles are shown large: what is pinned, else a shared screen, else who speaks where that is the layout. */
export function focusOf({ tiles, pins, layout, featured, fits }: FocusInput): readonly string[] {
  const others = tiles.filter(({ own }) => !own);
  const pinned = pins.filter((pin) => others.some(({ key }) => key === pin));
  if (pinned.length > 0) return pinned;
  if (layout === "grid") return [];
  const screen = others.find(({ source }) => source === "screen");
  if (screen !== undefined) return [screen.key];
  if (layout === "auto" && fits) return [];
  const speaker = others.find(({ participant }) => participant === featured) ?? others[0];
  // One other is as large as can be anyway.
  return speaker === undefined || others.length < 2 ? [] : [speaker.key];
}

/** Whether one's own camera floats over the others; null: it is not shown at all. */
export function ownViewOf(ownView: PreferenceState["ownView"], others: number, focused: boolean): boolean | null {
  if (others === 0) return false;
  if (ownView === "hidden") return null;
  if (ownView === "auto") return others === 1 && !focused;
  return ownView === "floating";
}

/** The heights of what is on the page, for the view. */
export function useHeights(
  view: View,
  tiles: readonly TileModel[],
  rects: ReadonlyMap<string, { height: number }>,
  covered: boolean,
): void {
  const heights = useMemo(() => {
    const found = new Map<string, number>();
    if (covered) return found;
    for (const { key, publication, own } of tiles) {
      const rect = rects.get(key);
      if (!own && publication !== null && rect !== undefined) found.set(publication, rect.height);
    }
    return found;
  }, [tiles, rects, covered]);
  useEffect(() => view.setHeights(heights), [view, heights]);
}
