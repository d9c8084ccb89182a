import { describe, expect, test } from "vitest";
import { linkify } from "../../src/components/call/linkify";
import { initials, nameColour } from "../../src/components/names";

const links = (text: string): string[] => linkify(text).flatMap(({ href }) => (href === null ? [] : [href]));
const linked = (text: string): string[] => linkify(text).flatMap((part) => (part.href === null ? [] : [part.text]));

const PAGE = "https://a.example/x";

describe("linkify", () => {
  test.each([
    ["http://a.org, https://b.org!", ["http://a.org/", "https://b.org/"]],
    ["https://example.org/?q=1&r=ä#x", ["https://example.org/?q=1&r=%C3%A4#x"]],
    ["javascript:alert(1) data:text/html,x ftp://x.org file:///etc/passwd", []],
    ["javascript:https://a.example/x", [PAGE]],
    ["https://", []],
    ["no links\nhere", []],
    ["www.example.org/a?b", ["https://www.example.org/a?b"]],
    ["WWW.Example.org", ["https://www.example.org/"]],
    ["https://straße.example/ü", ["https://xn--strae-oqa.example/%C3%BC"]],
    ["https://bank.example@evil.example/ https://a:b@evil.example/", []],
  ])("%j leads to %j", (text, expected) => {
    expect(links(text)).toEqual(expected);
  });

  test.each([
    ["see https://a.example/x.", PAGE],
    ["https://a.example/x… https://a.example/x?! https://a.example/x:", PAGE, PAGE, PAGE],
    ["(https://a.example/x) [https://a.example/x] {https://a.example/x}", PAGE, PAGE, PAGE],
    ["(https://a.example/x),(https://a.example/x)and", PAGE, PAGE],
    ["[title](https://a.example/x). <https://a.example/x> `https://a.example/x`", PAGE, PAGE, PAGE],
    ["**https://a.example/x** _https://a.example/x_ ~https://a.example/x~", PAGE, PAGE, PAGE],
    ["https://a.example/x) https://a.example/x(", PAGE, PAGE],
    [`'https://a.example/x' "https://a.example/x" ‘https://a.example/x’`, PAGE, PAGE, PAGE],
    ["„https://a.example/x“ “https://a.example/x” «https://a.example/x» ‹https://a.example/x›", PAGE, PAGE, PAGE, PAGE],
    ["見てhttps://a.example/x。次", PAGE],
    ["（https://a.example/x）「https://a.example/x」です", PAGE, PAGE],
    ["https://a.example/x、https://a.example/x，https://a.example/x？", PAGE, PAGE, PAGE],
    ["https://a.example/x,https://a.example/x;www.a.example", PAGE, PAGE, "www.a.example"],
    ["https://a.example/x\u200b https://a.example/x\u2069", PAGE, PAGE],
    ["انظر https://a.example/x، https://a.example/x؟", PAGE, PAGE],
    ["https://a.example/x's", PAGE],
    // What belongs to it.
    ["https://en.wikipedia.org/wiki/Foo_(bar)", "https://en.wikipedia.org/wiki/Foo_(bar)"],
    ["(https://en.wikipedia.org/wiki/Foo_(bar)).", "https://en.wikipedia.org/wiki/Foo_(bar)"],
    ["https://a.example/x?y=[1]", "https://a.example/x?y=[1]"],
    ["https://a.example/x?q=a|b", "https://a.example/x?q=a|b"],
    ["https://a.example/x/ https://a.example/#", "https://a.example/x/", "https://a.example/#"],
    ["https://web.archive.org/web/2020/https://a.example/x", "https://web.archive.org/web/2020/https://a.example/x"],
    ["https://[::1]:8080/r/x [http://[2001:db8::1]/]", "https://[::1]:8080/r/x", "http://[2001:db8::1]/"],
    ["http://192.0.2.1:9000/", "http://192.0.2.1:9000/"],
    ["https://例え.テスト/パス", "https://例え.テスト/パス"],
    ["HTTPS://A.example/x", "HTTPS://A.example/x"],
    // None.
    ["www. www.example www.. awww.example.org ada@www.example.org xhttps://a.example"],
  ])("%j is cut well", (text, ...expected) => {
    expect(linked(text)).toEqual(expected);
  });

  test("comes to an end with a text that is made to take long", () => {
    const long = ["https://(".repeat(440), `https://a.example/${".".repeat(3900)}x`, "www.".repeat(1000)];
    for (const text of long) expect(linkify(text).length).toBeLessThan(3);
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
    ["👩🏽‍🚀 Star", "S"],
    ["👩🏽‍🚀", "👩🏽‍🚀"],
    ["Bob 🎸 Kowalski", "BK"],
    ["Maximiliane Alexandra von und zu Hohenstein-Wolkenburg (extern)", "MH"],
    ["Ada Lovelace [Gast] (er/ihm)", "AL"],
    ["Ada Lovelace (extern", "AL"],
    ["山田 太郎（社外）", "山太"],
    ["Ada Lovelace | Analytical Engines", "AL"],
    ["Ada Lovelace - ACME GmbH", "AL"],
    ["Ada-Marie Lovelace", "AL"],
    ["Dwayne “The Rock” Johnson", "DJ"],
    ["“Rock” (Dwayne)", "R"],
    ["(extern)", "("],
    ["R2 D2", "RD"],
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
