import { useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useLevel } from "../../hooks/useLevel";

/** Shows that the microphone hears something. */
export function LevelMeter({ track }: { track: MediaStreamTrack | null }) {
  const { t } = useTranslation("call");
  const meter = useRef<HTMLDivElement>(null);
  const show = useCallback((level: number) => {
    const element = meter.current;
    if (element === null) return;
    element.setAttribute("aria-valuenow", String(Math.round(level * 10) / 10));
    element.style.setProperty("--level", String(level));
  }, []);
  useLevel(track, show);
  return (
    <div
      ref={meter}
      className="level"
      role="meter"
      aria-label={t("devices.level")}
      aria-valuemin={0}
      aria-valuemax={1}
      aria-valuenow={0}
    >
      <div className="level-bar" />
    </div>
  );
}
