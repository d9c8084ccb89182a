import { beforeAll, describe, expect, test } from "vitest";
import { ApiError } from "../../src/client/http";
import { addressProblem, nameProblem, newPasswordProblem } from "../../src/components/auth/checks";
import { explain } from "../../src/hooks/useForm";
import { startTexts } from "../../src/i18n/i18n";

beforeAll(() => startTexts("en"));

const FIELDS = { email: "", password: "" };
const REFUSED = { email: "Ours." };

describe("what a refusal says of a form", () => {
  test("goes to the fields, in our words where there are some", () => {
    const error = new ApiError("invalid", "", 422, { email: "Theirs.", password: "Theirs." });
    expect(explain(error, FIELDS, REFUSED)).toEqual({ known: { email: "Ours.", password: "Theirs." }, text: null });
  });

  test("of a certain kind is told as that", () => {
    const error = new ApiError("email_taken", "", 409, { email: "Theirs." });
    expect(explain(error, FIELDS, REFUSED).known.email).toBe("This email already has an account.");
  });

  test("that belongs to no field of the form is told above it", () => {
    const error = new ApiError("invalid", "", 422, { other: "Theirs." });
    expect(explain(error, FIELDS, REFUSED)).toEqual({
      known: {},
      text: "Check the highlighted fields.",
    });
  });

  test("may be no refusal at all", () => {
    expect(explain(new TypeError("x"), FIELDS, {}).text).toBe("Something went wrong. Try again.");
  });
});

describe("checks", () => {
  test.each(["ada@example.org", " ada@example.org ", "a+b@sub.example.co", "jürgen@müller.de"])(
    "%j is an address",
    (text) => {
      expect(addressProblem(text)).toBeUndefined();
    },
  );

  test.each(["", " ", "ada", "ada@", "@example.org", "ada@example", "ada@example.", "a b@example.org", "a@b@c.org"])(
    "%j is none",
    (text) => {
      expect(addressProblem(text)).toBeTypeOf("string");
    },
  );

  test("names are not blank", () => {
    expect(nameProblem("  ")).toBeTypeOf("string");
    expect(nameProblem("Ada")).toBeUndefined();
  });

  test.each([
    ["", false],
    ["1234567", false],
    ["12345678", true],
    ["ä".repeat(36), true],
    ["ä".repeat(37), false],
  ])("password %j can be used: %j", (password, usable) => {
    expect(newPasswordProblem(password) === undefined).toBe(usable);
  });
});
