import { createContext, useContext } from "react";
import type { Call } from "../client/call";
import type { CallView, CallViewState } from "../client/callView";
import type { LocalMedia, MediaState } from "../client/media";
import type { PictureWindow } from "../client/pictureWindow";
import type { PreferenceState } from "../client/preferences";
import type { PassingReactions } from "../client/reactions";
import type { CallState } from "../client/state";
import type { View } from "../client/view";
import { useSelector } from "./useSelector";

/** What a call's components share. All of it stays the same during a call: what changes is watched by selectors. */
export interface CallParts {
  call: Call;
  media: LocalMedia;
  /** How this person looks at the call. */
  ui: CallView;
  /** Tells the relay what is in view. */
  view: View;
  reactions: PassingReactions;
  /** The call in a small window of its own. */
  picture: PictureWindow;
  code: string;
}

export const CallContext = createContext<CallParts | null>(null);

export function useCallParts(): CallParts {
  const parts = useContext(CallContext);
  if (parts === null) throw new Error("This belongs inside a call.");
  return parts;
}

/** A part of the call's state. */
export function useCallState<Selected>(
  select: (state: CallState) => Selected,
  same?: (one: Selected, other: Selected) => boolean,
): Selected {
  return useSelector(useCallParts().call, select, same);
}

/** A part of how this person looks at the call. */
export function useCallView<Selected>(select: (state: CallViewState) => Selected): Selected {
  return useSelector(useCallParts().ui, select);
}

/** A part of the state of one's own devices. */
export function useMedia<Selected>(select: (state: MediaState) => Selected): Selected {
  return useSelector(useCallParts().media, select);
}

export function usePreference<Selected>(select: (state: PreferenceState) => Selected): Selected {
  return useSelector(useCallParts().media.preferences, select);
}
