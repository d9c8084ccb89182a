import { useState } from "react";
import { ApiError } from "../client/http";
import type { AllRoomSettings } from "../client/httpTypes";
import { errorText } from "../i18n/errors";

export interface RoomSettingsForm {
  settings: AllRoomSettings;
  change: (change: Partial<AllRoomSettings>) => void;
  setCapacityValid: (valid: boolean) => void;
  /** What the server did not like, by field. */
  problems: Readonly<Record<string, string>>;
  problem: string | null;
  busy: boolean;
  save: () => void;
}

/** Settings of a room on their way to the server. `send` throws `ApiError`. */
export function useRoomSettings(
  initial: AllRoomSettings,
  send: (settings: AllRoomSettings) => Promise<void>,
): RoomSettingsForm {
  const [settings, setSettings] = useState(initial);
  const [capacityValid, setCapacityValid] = useState(true);
  const [failure, setFailure] = useState<ApiError | Error | null>(null);
  const [busy, setBusy] = useState(false);
  const save = (): void => {
    if (!capacityValid || busy) return;
    setBusy(true);
    setFailure(null);
    send({ ...settings, title: settings.title.trim() })
      .catch((error: unknown) => setFailure(error instanceof Error ? error : new Error(String(error))))
      .finally(() => setBusy(false));
  };
  return {
    settings,
    change: (change) => setSettings((before) => ({ ...before, ...change })),
    setCapacityValid,
    problems: failure instanceof ApiError ? failure.fields : {},
    problem: failure === null ? null : errorText(failure),
    busy,
    save,
  };
}
