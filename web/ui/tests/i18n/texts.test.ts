import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ApiError } from "../../src/client/http";
import de from "../../src/i18n/de";
import en from "../../src/i18n/en";
import { errorText } from "../../src/i18n/errors";
import { preferredLanguage, startTexts } from "../../src/i18n/i18n";

interface Tree {
  [key: string]: string | Tree;
}

function flatten(tree: Tree, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") found.set(prefix + key, value);
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) found.set(inner, text);
  }
  return found;
}

const PLURAL = /_(?:zero|one|other)$/u;

/** Keys as "namespace:key", and their texts. */
function keysOf(texts: Record<string, Tree>): Map<string, string> {
  const spaces = Object.entries(texts).flatMap(([space, tree]) =>
    [...flatten(tree)].map(([key, text]) => [`${space}:${key}`, text] as const),
  );
  return new Map(spaces);
}

function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/u.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

const variables = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/gu)].map((match) => match[1] ?? "").sort();

const english = keysOf(en);
const german = keysOf(de);

describe("both languages", () => {
  test("have the same keys", () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  });

  test("use the same variables", () => {
    const differing = [...english].filter(([key, text]) => {
      return variables(text).join() !== variables(german.get(key) ?? "").join();
    });
    expect(differing.map(([key]) => key)).toEqual([]);
  });

  test("leave no text empty, and none with stray spaces", () => {
    const odd = [...english, ...german].filter(
      ([, text]) => text === "" || text !== text.trim() || /\s{2}/u.test(text),
    );
    expect(odd).toEqual([]);
  });

  test("have one and other of every plural", () => {
    const plurals = [...english.keys()].filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, ""));
    for (const key of plurals) {
      expect(english.has(`${key}_one`), key).toBe(true);
      expect(english.has(`${key}_other`), key).toBe(true);
    }
  });
});

describe("keys", () => {
  const code = sources(new URL("../../src", import.meta.url).pathname);
  /** What stands in quotes and could be a key, and what templates such as `slides.${slide}.title` could become. */
  const literals = new Set([...code.matchAll(/["'`]([\w.:]+)["'`]/gu)].map((match) => match[1] ?? ""));
  const templates = [...code.matchAll(/`([\w.:]*(?:\$\{[^}]+\}[\w.:]*)+)`/gu)]
    .map((match) => match[1] ?? "")
    .filter((template) => /[a-zA-Z]{3}/u.test(template.replace(/\$\{[^}]+\}/gu, "")))
    .map((template) => {
      const pattern = template
        .split(/\$\{[^}]+\}/u)
        .map((part) => part.replace(/[.]/gu, "\\."))
        .join("\\w+");
      return new RegExp(`^(?:\\w+:)?${pattern}$`, "u");
    });

  test("are all used", () => {
    const unused = [...english.keys()].filter((full) => {
      const key = full.replace(PLURAL, "");
      const bare = key.slice(key.indexOf(":") + 1);
      return !literals.has(key) && !literals.has(bare) && !templates.some((pattern) => pattern.test(key));
    });
    expect(unused).toEqual([]);
  });

  test("that are used exist", () => {
    const known = new Set([...english.keys()].flatMap((full) => [full, full.replace(PLURAL, "")]));
    const spaces = new Set(Object.keys(en));
    const used = [...literals].filter((literal) => /^\w+:\w/u.test(literal) && spaces.has(literal.split(":")[0] ?? ""));
    expect(used.filter((key) => !known.has(key))).toEqual([]);
  });
});

describe("the language", () => {
  test.each([
    [null, ["de-AT", "en"], "de"],
    [null, ["fr", "de"], "de"],
    [null, ["fr"], "en"],
    [null, [], "en"],
    ["en", ["de"], "en"],
    ["xx", ["de"], "de"],
  ])("chosen %j and asked for %j is %s", (chosen, asked, expected) => {
    expect(preferredLanguage(chosen, asked)).toBe(expected);
  });
});

describe("errors", () => {
  beforeAll(() => startTexts("en"));

  test.each([
    [new ApiError("bad_credentials", "", 401), "Wrong email or password."],
    [new ApiError("too_many", "", 429), "Too many attempts. Wait a moment."],
    [new ApiError("internal", "", 500), "Something went wrong. Try again."],
    [new ApiError("something_new", "", 400), "Something went wrong. Try again."],
    [new TypeError("x is undefined"), "Something went wrong. Try again."],
    ["what", "Something went wrong. Try again."],
  ])("%s is told as %j", (error, expected) => {
    expect(errorText(error)).toBe(expected);
  });
});
