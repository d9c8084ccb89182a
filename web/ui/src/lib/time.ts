const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** A time as people say it, seen from `now`; both in seconds since 1970. "3 hours ago", "in 2 days", "now" */
export function relativeTime(time: number, now: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const difference = time - now;
  for (const [unit, seconds] of UNITS) {
    if (Math.abs(difference) >= seconds) return format.format(Math.trunc(difference / seconds), unit);
  }
  return format.format(0, "second");
}

/**
 * The region's way to write the page's language, where the browser tells it: British people read 14:05 and 5 March where
 * Americans read 2:05 PM and March 5.
 */
export function localeOf(language: string, asked: readonly string[]): string {
  return asked.find((tag) => tag.slice(0, 2).toLowerCase() === language.slice(0, 2)) ?? language;
}

/** "2:05 PM", "14:05"; seconds since 1970. */
export function clockText(time: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(time * 1000);
}

/** A day as people say it, seen from `now`; both in seconds since 1970. "Today", "Tuesday, 5 March", "5 March 2025" */
export function dayText(time: number, now: number, locale: string): string {
  const [day, today] = [new Date(time * 1000), new Date(now * 1000)];
  const days = Math.round((day.setHours(0, 0, 0, 0) - today.setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0 || days === -1) {
    const text = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(days, "day");
    return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
  }
  const near = Math.abs(days) < 180;
  const format: Intl.DateTimeFormatOptions = near
    ? { weekday: "long", day: "numeric", month: "long" }
    : { dateStyle: "long" };
  return new Intl.DateTimeFormat(locale, format).format(day);
}

/** Seconds since 1970. */
export function nowSeconds(): number {
  return Date.now() / 1000;
}
