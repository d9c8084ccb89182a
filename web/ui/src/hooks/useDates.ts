import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { clockText, dayText, localeOf, nowSeconds } from "../lib/time";

interface Dates {
  /** Of a moment in seconds since 1970. */
  time: (moment: number) => string;
  day: (moment: number) => string;
}

/** Moments as people write them in the page's language and the browser's region. */
export function useDates(): Dates {
  const { i18n } = useTranslation();
  const locale = localeOf(i18n.language, navigator.languages);
  return useMemo(
    () => ({
      time: (moment) => clockText(moment, locale),
      day: (moment) => dayText(moment, nowSeconds(), locale),
    }),
    [locale],
  );
}
