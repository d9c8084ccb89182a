import { useMemo } from "react";
import { useTranslation } from "react-i18next";

interface Dates {
  /** Of a moment in seconds since 1970. */
  time: (moment: number) => string;
  day: (moment: number) => string;
}

/** Moments as people of the page's language write them. */
export function useDates(): Dates {
  const { i18n } = useTranslation();
  const language = i18n.language;
  return useMemo(() => {
    const times = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
    const days = new Intl.DateTimeFormat(language, { weekday: "long", day: "numeric", month: "long" });
    return {
      time: (moment) => times.format(moment * 1000),
      day: (moment) => days.format(moment * 1000),
    };
  }, [language]);
}
