import { afterEach, expect, test, vi } from "vitest";
import { explained } from "../../src/client/connectionCheck";
import { ApiError } from "../../src/client/http";
import { RequestError } from "../../src/client/signaling";

const PAGE = "https://meet.example:8443";
const unopened = new RequestError("unopened", "It didn't open.");

function answering(answer: () => Promise<Response>) {
  const fetch = vi.fn(answer);
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a WebSocket that doesn't open is the server's setting, or something in between", async () => {
  const fetch = answering(() => Promise.resolve(Response.json({ origin_accepted: false })));
  await expect(explained(unopened, PAGE)).resolves.toMatchObject({ code: "foreign_origin" });
  expect(fetch).toHaveBeenCalledWith("/api/connection?origin=https%3A%2F%2Fmeet.example%3A8443", expect.anything());
  answering(() => Promise.resolve(Response.json({ origin_accepted: true })));
  await expect(explained(unopened, PAGE)).resolves.toMatchObject({ code: "websocket_blocked" });
});

test("it is the network where the server doesn't answer either", async () => {
  answering(() => Promise.reject(new TypeError("no network")));
  await expect(explained(unopened, PAGE)).resolves.toMatchObject({ code: "unreachable" });
});

test("other errors stay as they are, and nobody is asked", async () => {
  const fetch = answering(() => Promise.reject(new TypeError("no network")));
  for (const error of [new RequestError("lost", ""), new ApiError("room_full", "", 409), new Error("x")]) {
    expect(await explained(error, PAGE)).toBe(error);
  }
  expect(fetch).not.toHaveBeenCalled();
});
