// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { session } from "../../src/api/session";
import type { Account } from "../../src/client/httpTypes";
import { useTheme } from "../../src/hooks/useTheme";
import { theme } from "../../src/theme/theme";
import { FakeServer } from "../fakes/FakeServer";
import { settle } from "../fakes/rendering";

const ADA: Account = {
  id: "u1",
  email: "ada@example.org",
  name: "Ada",
  verified: true,
  avatar_colour: "#0e7490",
  avatar: null,
  theme: "light",
  created_at: 1,
  administrator: false,
};

let server: FakeServer;
beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer(() => ({ ...ADA, theme: "dark" }));
  server.install();
  session.end();
  theme().choose("light");
});

function setUp() {
  const { result } = renderHook(useTheme);
  return { theme: () => result.current, choose: () => act(() => result.current.choose("dark")) };
}

test("a guest's choice is shown at once and stays in this browser", async () => {
  const { theme: state, choose } = setUp();
  choose();
  expect(state()).toMatchObject({ choice: "dark", shown: "dark" });
  expect(document.documentElement.dataset.theme).toBe("dark");
  await settle();
  expect(server.asked).toEqual([]);
});

test("with an account, it is told as well", async () => {
  session.know(ADA);
  setUp().choose();
  await settle();
  expect(server.asked).toEqual(["PUT /api/users/profile"]);
  expect(session.getSnapshot().user?.theme).toBe("dark");
});

test("it is shown although the account cannot be told", async () => {
  session.know(ADA);
  server.answer = () => {
    throw new TypeError("Failed to fetch");
  };
  const { theme: state, choose } = setUp();
  choose();
  await settle();
  expect(state().shown).toBe("dark");
});
