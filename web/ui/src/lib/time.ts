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

/** "5 March 2026", as is usual in the language; seconds since 1970. */
export function dateText(time: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(time * 1000);
}

/** Seconds since 1970. */
export function nowSeconds(): number {
  return Date.now() / 1000;
}
