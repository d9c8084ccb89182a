/** In this order: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari. */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdgA?\/|\bEdgiOS\//u, "Edge"],
  [/\bOPR\//u, "Opera"],
  [/\bSamsungBrowser\//u, "Samsung Internet"],
  [/\bFirefox\/|\bFxiOS\//u, "Firefox"],
  [/Chrome\/|\bCriOS\/|\bChromium\//u, "Chrome"],
  [/\bSafari\//u, "Safari"],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone/u, "iPhone"],
  [/iPad/u, "iPad"],
  [/Android/u, "Android"],
  [/Windows/u, "Windows"],
  [/CrOS/u, "ChromeOS"],
  [/Mac OS X|Macintosh/u, "Mac"],
  [/Linux/u, "Linux"],
];

/** What somebody would call the browser and device behind a User-Agent; null for what is not known. */
export function describeAgent(agent: string): { browser: string | null; system: string | null } {
  return { browser: nameOf(agent, BROWSERS), system: nameOf(agent, SYSTEMS) };
}

/** Whether it is held in the hand. */
export function isHandheld(agent: string): boolean {
  return /iPhone|iPad|Android|Mobile/u.test(agent);
}

function nameOf(agent: string, names: readonly [RegExp, string][]): string | null {
  return names.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
}
