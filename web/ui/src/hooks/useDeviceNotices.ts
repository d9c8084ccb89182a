import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { LocalMedia } from "../client/media";
import { notify } from "../notices/notices";

/** Tells of trouble with a device when it comes up during the call; what was known before was told before. */
export function useDeviceNotices(media: LocalMedia): void {
  const { t } = useTranslation("call");
  useEffect(() => {
    const { microphone, camera } = media.getSnapshot();
    const known = { microphone: microphone.problem, camera: camera.problem };
    const stops = [
      media.subscribe(() => {
        const now = media.getSnapshot();
        for (const kind of ["microphone", "camera"] as const) {
          const { problem } = now[kind];
          if (problem === known[kind]) continue;
          known[kind] = problem;
          if (problem === null) continue;
          const text = `${t(`problem.${problem}.${kind}`)} ${t(`problem.${problem}.text`)}`;
          notify(text, { kind: "warning", lasts: 12_000 });
        }
      }),
      media.onReplaced(({ kind, label }) => {
        notify(label === "" ? t(`notice.replaced.${kind}`) : t(`notice.replacedBy.${kind}`, { label }));
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [media, t]);
}
