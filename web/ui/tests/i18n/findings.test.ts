import { describe, expect, test } from "vitest";
import type { AdminFinding } from "../../src/client/httpTypes";
import { findingText } from "../../src/i18n/findings";

const finding = (check: string, code: string, values: Record<string, string> = {}): AdminFinding => ({
  check,
  code,
  values,
  level: "warning",
  text: "In English.",
  advice: "Do it.",
});

describe("in German", () => {
  test("values are filled in", () => {
    const values = { folder: "/srv/data", free: "80 MB" };
    expect(findingText(finding("disk", "little", values), "de")).toEqual({
      check: "Speicherplatz",
      language: "de",
      text: "in /srv/data sind noch 80 MB frei",
      advice: "Schaffen Sie Platz, oder nennen Sie einen anderen Ordner (--data).",
    });
  });

  test("words within values are translated", () => {
    const values = { number: "3", unit: "hours", host: "meet.example" };
    expect(findingText(finding("clock", "ahead", values), "de").text).toBe(
      "sie geht gegenüber der von meet.example 3 Stunden vor",
    );
  });

  test.each(["tcp", "udp", "http"])("what is said of any port is said of that for %s", (check) => {
    const values = { port: "port 443", owner: "nginx", pid: "12", setting: "--port" };
    const said = findingText(finding(check, "taken", values), "de");
    expect(said.text).toBe("port 443 ist belegt: nginx (Prozess 12)");
  });

  test("without advice there is none", () => {
    expect(findingText(finding("gso", "many"), "de").advice).toBe("");
  });

  test.each([
    ["disk", "of_a_later_server"],
    ["of_a_later_server", "little"],
    ["disk", ""],
  ])("what has no translation is English: %s, %j", (check, code) => {
    expect(findingText(finding(check, code), "de")).toEqual({
      check,
      language: "en",
      text: "In English.",
      advice: "Do it.",
    });
  });
});

test("in English it is as the server says it", () => {
  const said = findingText(finding("disk", "little", { folder: "/srv" }), "en");
  expect(said).toEqual({ check: "disk", language: "en", text: "In English.", advice: "Do it." });
});
