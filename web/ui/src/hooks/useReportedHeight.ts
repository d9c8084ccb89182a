import { type RefObject, useLayoutEffect } from "react";
import type { ReportHeight } from "./useWatch";

/** Reports the height of a tile as long as it shows `publication`. */
export function useReportedHeight(
  ref: RefObject<HTMLElement | null>,
  publication: string | null,
  report: ReportHeight,
): void {
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null || publication === null) return;
    const measure = (): void => report(publication, element.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
      report(publication, null);
    };
  }, [ref, publication, report]);
}
