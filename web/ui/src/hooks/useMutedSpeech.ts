import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { watchLevel } from "../client/level";
import { MutedSpeech } from "../client/mutedSpeech";
import { notify } from "../notices/notices";
import { type CallParts, useCallState, useMedia } from "./useCallContext";

/** Tells somebody who talks and is not heard, because the microphone is muted. */
export function useMutedSpeech({ media }: Pick<CallParts, "media">): void {
  const { t } = useTranslation("call");
  const publish = useCallState(({ rights }) => rights.publish);
  const muted = useMedia(({ microphone }) => (microphone.on ? null : microphone.track));
  useEffect(() => {
    if (muted === null || !publish) return;
    // The muted track itself is silence; what its twin hears stays here.
    const twin = muted.clone();
    twin.enabled = true;
    const speech = new MutedSpeech(performance.now());
    let takeBack = (): void => undefined;
    const stop = watchLevel(twin, (level) => {
      if (!speech.hear(level, performance.now())) return;
      const run = (): void => void media.setMicrophone(true);
      takeBack = notify(t("notice.talkingMuted"), { kind: "warning", action: { label: t("notice.unmute"), run } });
    });
    return () => {
      stop();
      twin.stop();
      takeBack();
    };
  }, [muted, publish, media, t]);
}
