import { useMemo } from "react";
import { type CallState, type Participant } from "../client/state";
import type { Publication } from "../client/protocol";
import type { Watchable } from "./useWatch";

export interface TileModel {
  key: string;
  participant: Participant;
  source: "camera" | "screen";
  own: boolean;
  publication: Publication | null;
}

export interface Tiles {
  /** Other people's screens, newest first. */
  screens: readonly TileModel[];
  own: readonly TileModel[];
  others: readonly TileModel[];
  /** All remote video, for the slots. */
  watchables: readonly Watchable[];
}

const PRIORITY = { screen: 100, speaker: 50, camera: 10 };

/** The tiles of a call, in a steady order: nobody's picture moves because somebody speaks. */
export function useTiles({ participants, you, speakers }: CallState): Tiles {
  return useMemo(() => {
    const cameras = participants.map((participant) => tile(participant, "camera", you));
    const screens = participants
      .filter((participant) => publicationOf(participant, "screen") !== null)
      .map((participant) => tile(participant, "screen", you))
      .reverse();
    const remote = [...screens, ...cameras].filter(({ own, publication }) => !own && publication !== null);
    return {
      screens: screens.filter(({ own }) => !own),
      own: [...cameras, ...screens].filter(({ own }) => own),
      others: cameras.filter(({ own }) => !own),
      watchables: remote.map(({ publication, source, participant }) => ({
        publication: publication?.id ?? "",
        priority: source === "camera" && speakers.includes(participant.id) ? PRIORITY.speaker : PRIORITY[source],
      })),
    };
  }, [participants, you, speakers]);
}

function tile(participant: Participant, source: "camera" | "screen", you: string | null): TileModel {
  return {
    key: `${participant.id}.${source}`,
    participant,
    source,
    own: participant.id === you,
    publication: publicationOf(participant, source),
  };
}

export function publicationOf(participant: Participant, source: Publication["source"]): Publication | null {
  return participant.publications.find((publication) => publication.source === source) ?? null;
}
