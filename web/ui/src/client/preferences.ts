import { Store } from "./store";

export type OwnView = "auto" | "tile" | "floating" | "hidden";
export type LayoutChoice = "auto" | "grid" | "speaker";

/** What someone has chosen, on this browser. */
export interface PreferenceState {
  microphone: string | null;
  camera: string | null;
  speaker: string | null;
  echoCancellation: boolean;
  noiseSuppression: boolean;
  blur: boolean;
  mirror: boolean;
  ownView: OwnView;
  layout: LayoutChoice;
  /** Pictures of people that are received at a time; null: all that are in view. */
  mostVideos: number | null;
  /** Height, in pixels, that no received picture of a person exceeds; null: what its tile can show. */
  mostHeight: number | null;
  /** The space bar, held, unmutes. */
  pushToTalk: boolean;
  /** Single keys do things. */
  shortcuts: boolean;
  /** Single keys also turn the microphone, the camera and a shared screen on, not only off. */
  liveKeys: boolean;
}

export const DEFAULTS: PreferenceState = {
  microphone: null,
  camera: null,
  speaker: null,
  echoCancellation: true,
  noiseSuppression: true,
  blur: false,
  mirror: true,
  ownView: "auto",
  layout: "auto",
  mostVideos: null,
  mostHeight: null,
  pushToTalk: true,
  shortcuts: true,
  liveKeys: false,
};

const KEY = "milanio.call";

export type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** Choices that outlive the visit, as far as the browser may remember. */
export class Preferences extends Store<PreferenceState> {
  constructor(private readonly storage: Storage | null = browserStorage()) {
    super(read(storage));
  }

  override set(state: PreferenceState): void {
    super.set(state);
    try {
      this.storage?.setItem(KEY, JSON.stringify(state));
    } catch {
      // The storage is full or switched off: then this visit is as far as it goes.
    }
  }
}

/** Reading the property alone throws where storage is switched off. */
function browserStorage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

function read(storage: Storage | null): PreferenceState {
  try {
    const text = storage?.getItem(KEY) ?? null;
    const stored: unknown = text === null ? null : JSON.parse(text);
    return stored instanceof Object ? checked(stored as Readonly<Record<string, unknown>>) : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

/** What was stored may be of another version, or of anybody: only what still makes sense is taken. */
function checked(stored: Readonly<Record<string, unknown>>): PreferenceState {
  const text = (key: keyof PreferenceState): string | null => {
    const value = stored[key];
    return typeof value === "string" && value !== "" ? value : null;
  };
  const flag = (key: keyof PreferenceState): boolean => {
    const value = stored[key];
    return typeof value === "boolean" ? value : (DEFAULTS[key] as boolean);
  };
  const count = (key: keyof PreferenceState): number | null => {
    const value = stored[key];
    return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
  };
  const oneOf = <Choice extends string>(
    key: keyof PreferenceState,
    choices: readonly Choice[],
    other: Choice,
  ): Choice => choices.find((choice) => choice === stored[key]) ?? other;
  return {
    microphone: text("microphone"),
    camera: text("camera"),
    speaker: text("speaker"),
    echoCancellation: flag("echoCancellation"),
    noiseSuppression: flag("noiseSuppression"),
    blur: flag("blur"),
    mirror: flag("mirror"),
    ownView: oneOf("ownView", ["auto", "tile", "floating", "hidden"], DEFAULTS.ownView),
    layout: oneOf("layout", ["auto", "grid", "speaker"], DEFAULTS.layout),
    mostVideos: count("mostVideos"),
    mostHeight: count("mostHeight"),
    pushToTalk: flag("pushToTalk"),
    shortcuts: flag("shortcuts"),
    liveKeys: flag("liveKeys"),
  };
}
