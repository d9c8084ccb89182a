import { describe, expect, test } from "vitest";
import { linkify } from "../../src/components/call/linkify";
import { initials, nameColour } from "../../src/components/names";

const links = (text: string): string[] => linkify(text).flatMap(({ href }) => (href === null ? [] : [href]));

describe("linkify", () => {
  test.each([
    ["see https://example.org/a.", ["https://example.org/a"]],
    ["(https://example.org/a_(b))", ["https://example.org/a_(b)"]],
    ["http://a.org, https://b.org!", ["http://a.org/", "https://b.org/"]],
    ["https://example.org/?q=1&r=ä#x", ["https://example.org/?q=1&r=%C3%A4#x"]],
    ["javascript:alert(1) data:text/html,x ftp://x.org", []],
    ["https://", []],
    ["no links\nhere", []],
  ])("%j", (text, expected) => {
    expect(links(text)).toEqual(expected);
  });

  test.each([
    "",
    "plain",
    "a https://b.org c\nhttps://d.org",
    "<b>https://x.org/<i></b>",
    "https://x.org\"onclick='1'",
  ])("keeps every character of %j", (text) => {
    expect(
      linkify(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
  });

  test("takes nothing of the markup into the address", () => {
    expect(links('<a href="https://x.org/">')).toEqual(["https://x.org/"]);
  });
});

describe("names", () => {
  test.each([
    ["Ada Lovelace", "AL"],
    ["  ada  ", "A"],
    ["Tim B. Lee", "TL"],
    ["édith", "É"],
    ["👩🏽‍🚀 Star", "👩🏽‍🚀S"],
    [" ", "?"],
  ])("the initials of %j are %s", (name, expected) => {
    expect(initials(name)).toBe(expected);
  });

  test("have one of eight colours, always the same", () => {
    for (const name of ["", "Ada", "A very long name indeed".repeat(20)]) {
      expect(nameColour(name)).toBe(nameColour(name));
      expect([0, 1, 2, 3, 4, 5, 6, 7]).toContain(nameColour(name));
    }
  });
});
