import { describe, expect, test } from "vitest";
import { middleSquare } from "../../src/lib/squarePicture";
import { clockText, dayText, localeOf, relativeTime } from "../../src/lib/time";
import { describeAgent, isHandheld } from "../../src/lib/userAgent";

const NOW = 1_800_000_000;

describe("relativeTime", () => {
  test.each([
    [0, "en", "now"],
    [-59, "en", "now"],
    [-61, "en", "1 minute ago"],
    [-2 * 3600 - 5, "en", "2 hours ago"],
    [-26 * 3600, "en", "yesterday"],
    [3 * 86_400, "de", "in 3 Tagen"],
    [-8 * 86_400, "de", "letzte Woche"],
    [400 * 86_400, "en", "next year"],
  ])("%d seconds from now, in %s: %s", (difference, language, expected) => {
    expect(relativeTime(NOW + difference, NOW, language)).toBe(expected);
  });
});

describe("moments", () => {
  const at = (text: string): number => new Date(text).getTime() / 1000;

  test.each([
    ["2026-03-05T09:05", "en-US", "9:05 AM"],
    ["2026-03-05T14:05", "en-US", "2:05 PM"],
    ["2026-03-05T09:05", "en-GB", "09:05"],
    ["2026-03-05T09:05", "de", "09:05"],
  ])("%s is, in %s, at %s", (moment, locale, expected) => {
    // Whichever kind of space the language's data has before AM and PM.
    expect(clockText(at(moment), locale).replace(/\s/u, " ")).toBe(expected);
  });

  test.each([
    ["2026-03-05T00:01", "en", "Today"],
    ["2026-03-05T23:59", "de", "Heute"],
    ["2026-03-04T23:59", "en", "Yesterday"],
    ["2026-03-03T12:00", "en-US", "Tuesday, March 3"],
    ["2026-03-03T12:00", "en-GB", "Tuesday, 3 March"],
    ["2026-03-03T12:00", "de", "Dienstag, 3. März"],
    ["2025-03-05T12:00", "de", "5. März 2025"],
  ])("%s is, in %s, of the day %s", (moment, locale, expected) => {
    // A comma less or more is the business of the language's data.
    expect(dayText(at(moment), at("2026-03-05T13:00"), locale).replace(/(?<=day) /u, ", ")).toBe(expected);
  });

  test.each([
    ["en", ["en-GB", "en"], "en-GB"],
    ["en", ["de-DE", "en-AU"], "en-AU"],
    ["de", ["de-AT"], "de-AT"],
    ["en", ["fr-FR"], "en"],
    ["en", [], "en"],
  ])("are written, on a page in %s for a browser that asks for %j, as in %s", (language, asked, expected) => {
    expect(localeOf(language, asked)).toBe(expected);
  });
});

const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
const EDGE = `${CHROME} Edg/140.0`;
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E1 Safari/604.1";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18.0 Safari/605.1";
const PIXEL =
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36";

test.each([
  [CHROME, "Chrome", "Windows", false],
  [EDGE, "Edge", "Windows", false],
  [FIREFOX, "Firefox", "Linux", false],
  [IPHONE, "Safari", "iPhone", true],
  [MAC, "Safari", "Mac", false],
  [PIXEL, "Chrome", "Android", true],
  ["python-httpx/0.28", null, null, false],
  ["", null, null, false],
])("%s", (agent, browser, system, handheld) => {
  expect(describeAgent(agent)).toEqual({ browser, system });
  expect(isHandheld(agent)).toBe(handheld);
});

test.each([
  [400, 300, { x: 50, y: 0, side: 300 }],
  [300, 401, { x: 0, y: 50, side: 300 }],
  [7, 7, { x: 0, y: 0, side: 7 }],
])("the middle of %d × %d", (width, height, expected) => {
  expect(middleSquare(width, height)).toEqual(expected);
});
