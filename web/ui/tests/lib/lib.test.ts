import { describe, expect, test } from "vitest";
import { middleSquare } from "../../src/lib/squarePicture";
import { dateText, relativeTime } from "../../src/lib/time";
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

test("a date is written as is usual", () => {
  expect(dateText(1_772_712_000, "en")).toBe("March 5, 2026");
  expect(dateText(1_772_712_000, "de")).toBe("5. März 2026");
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
