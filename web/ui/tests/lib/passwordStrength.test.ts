import { describe, expect, test } from "vitest";
import { isTooLong, passwordStrength } from "../../src/lib/passwordStrength";

describe("passwordStrength", () => {
  test.each([
    ["", 0],
    ["abc", 1],
    ["password", 1],
    ["password1234", 1],
    ["aaaaaaaaaaaaaaaa", 1],
    ["12345678", 1],
    ["qwertzuiop", 1],
    ["geheim123", 1],
    ["correct horse battery staple", 4],
    ["T7#kq9!vLx2$", 4],
    ["🐘🦊🐳🦉🐝🦋🐢🦔", 2],
  ])("of %j is %d", (password, expected) => {
    expect(passwordStrength(password)).toBe(expected);
  });

  test("is less where the person's name or address is in it", () => {
    const alone = passwordStrength("lovelace-1815x");
    const known = passwordStrength("lovelace-1815x", ["Ada Lovelace", "ada@example.org"]);
    expect(known).toBeLessThan(alone);
  });

  test("never gets less by another word", () => {
    let before = 0;
    for (const password of ["otter", "otter lamp", "otter lamp river", "otter lamp river cloud"]) {
      const strength = passwordStrength(password);
      expect(strength).toBeGreaterThanOrEqual(before);
      before = strength;
    }
    expect(before).toBe(4);
  });
});

test.each([
  ["a".repeat(72), false],
  ["a".repeat(73), true],
  ["ä".repeat(36), false],
  ["ä".repeat(37), true],
])("the server counts bytes of %j", (password, expected) => {
  expect(isTooLong(password)).toBe(expected);
});
