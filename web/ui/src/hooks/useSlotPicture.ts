import { useCallback } from "react";
import { type CallState, findSlot, type SlotState } from "../client/state";
import { useCallState } from "./useCallContext";
import { sameFields } from "./useSelector";

/** What a slot shows of a publication. */
export interface SlotPicture {
  track: MediaStreamTrack | null;
  /** Since when (performance time) the slot is this publication's. */
  since: number;
  paused: boolean;
}

/** The picture of a publication as it arrives; null: it does not. */
export function useSlotPicture(publication: string | null): SlotPicture | null {
  const select = useCallback(
    (state: CallState): SlotPicture | null => {
      const [mid, slot] = (publication === null ? undefined : findSlot(state, publication)) ?? [];
      if (mid === undefined || slot === undefined) return null;
      return { track: state.videoTracks[mid] ?? null, since: slot.since, paused: slot.paused };
    },
    [publication],
  );
  return useCallState(select, same);
}

/** Why the relay has paused a publication; null: it has not. */
export function usePauseReason(publication: string | null): SlotState["why"] {
  const select = useCallback(
    (state: CallState) => (publication === null ? null : (findSlot(state, publication)?.[1].why ?? null)),
    [publication],
  );
  return useCallState(select);
}

function same(one: SlotPicture | null, other: SlotPicture | null): boolean {
  return one === null || other === null ? one === other : sameFields(one, other);
}
