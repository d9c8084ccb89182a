// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { FakeServer } from "../fakes/FakeServer";
import { deferred, settle } from "../fakes/rendering";

const CONFIG = { registration: "closed", guest_rooms: false, verification: true, version: "1" };

let server: FakeServer;
beforeEach(() => {
  vi.useFakeTimers();
  // What the server said is kept for the whole visit.
  vi.resetModules();
  server = new FakeServer(() => CONFIG);
  server.install();
});

async function setUp() {
  const { useConfig } = await import("../../src/hooks/useConfig");
  return () => renderHook(useConfig);
}

test("the server is asked once, however many want to know", async () => {
  const ask = await setUp();
  const [one, other] = [ask(), ask()];
  expect(one.result.current).toBeNull();
  await settle();
  expect([one.result.current, other.result.current]).toEqual([CONFIG, CONFIG]);
  const later = ask();
  await settle();
  expect(later.result.current).toEqual(CONFIG);
  expect(server.asked).toEqual(["GET /api/config"]);
});

test("a server that is away leaves it unknown, and is asked again by the next who want to know", async () => {
  server.answer = () => {
    throw new TypeError("Failed to fetch");
  };
  const ask = await setUp();
  const before = ask();
  await settle();
  expect(before.result.current).toBeNull();
  server.answer = () => CONFIG;
  const after = ask();
  await settle();
  expect(after.result.current).toEqual(CONFIG);
});

test("who is gone when the answer comes leaves it to those who come after", async () => {
  const answer = deferred<object>();
  server.answer = () => answer.promise;
  const ask = await setUp();
  ask().unmount();
  const other = ask();
  answer.resolve(CONFIG);
  await settle();
  expect(other.result.current).toEqual(CONFIG);
  expect(server.asked).toHaveLength(1);
});
