import { afterEach, describe, expect, test, vi } from "vitest";
import { ApiError, call, onSignedOut, request, upload } from "../../src/client/http";

function answer(body: unknown, init: ResponseInit = {}): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  vi.stubGlobal(
    "fetch",
    vi.fn(() => Promise.resolve(new Response(init.status === 204 ? null : text, init))),
  );
}

const refusal = (code: string, fields: unknown = {}): object => ({ error: { code, message: "No.", fields } });

async function failure(what: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await what.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error("it did not fail as it should");
}

afterEach(() => vi.unstubAllGlobals());

describe("call", () => {
  const asked = (): unknown => {
    const [path, init] = vi.mocked(fetch).mock.calls[0] ?? [];
    return [init?.method, path, init?.body];
  };

  test("puts what stands for a name into the path, as text", async () => {
    answer({ participants: [] });
    expect(await call("GET /api/rooms/{id}/participants", { id: "a/b" })).toEqual({ participants: [] });
    expect(asked()).toEqual(["GET", "/api/rooms/a%2Fb/participants", undefined]);
  });

  test("sends a body, behind the names or alone", async () => {
    answer({});
    await call("PUT /api/rooms/{id}", { id: "r1" }, { locked: true });
    expect(asked()).toEqual(["PUT", "/api/rooms/r1", '{"locked":true}']);
    answer({ user: null });
    await call("POST /api/auth/login", { email: "a@example.org", password: "b" });
    expect(asked()).toEqual(["POST", "/api/auth/login", '{"email":"a@example.org","password":"b"}']);
  });
});

describe("request", () => {
  test("sends JSON and reads JSON", async () => {
    answer({ id: "1" });
    expect(await request("POST", "/api/x", { a: 1 })).toEqual({ id: "1" });
    const [path, init] = vi.mocked(fetch).mock.calls[0] ?? [];
    expect(path).toBe("/api/x");
    expect(init).toMatchObject({ method: "POST", body: '{"a":1}', headers: { "Content-Type": "application/json" } });
  });

  test("sends no body where there is none", async () => {
    answer("", { status: 204 });
    expect(await request("DELETE", "/api/x")).toBeUndefined();
    expect(vi.mocked(fetch).mock.calls[0]?.[1]).toMatchObject({ method: "DELETE", body: undefined, headers: {} });
  });

  test("tells what the server refuses", async () => {
    answer(refusal("invalid", { name: "Enter your name." }), { status: 422 });
    const error = await failure(request("PUT", "/api/x", {}));
    expect(error).toMatchObject({ code: "invalid", status: 422, fields: { name: "Enter your name." } });
  });

  test("tells when to come again", async () => {
    answer(refusal("too_many"), { status: 429, headers: { "Retry-After": "7" } });
    expect((await failure(request("GET", "/api/x"))).retryAfter).toBe(7);
    answer(refusal("too_many"), { status: 429 });
    expect((await failure(request("GET", "/api/x"))).retryAfter).toBeNull();
  });

  test.each([
    [502, "unavailable"],
    [400, "unknown"],
  ])("makes sense of a proxy's page with status %d", async (status, code) => {
    answer("<html>Bad gateway</html>", { status });
    expect(await failure(request("GET", "/api/x"))).toMatchObject({ code, status, fields: {} });
  });

  test("says where there is no answer", async () => {
    vi.stubGlobal(
      "fetch",
      vi.fn(() => Promise.reject(new TypeError("Failed to fetch"))),
    );
    expect(await failure(request("GET", "/api/x"))).toMatchObject({ code: "unreachable", status: 0 });
  });

  test("says that somebody is not logged in any more, and nothing of wrong passwords", async () => {
    const gone = vi.fn();
    const stop = onSignedOut(gone);
    answer(refusal("bad_credentials"), { status: 401 });
    await failure(request("POST", "/api/auth/login", {}));
    expect(gone).not.toHaveBeenCalled();
    answer(refusal("not_signed_in"), { status: 401 });
    await failure(request("GET", "/api/rooms"));
    expect(gone).toHaveBeenCalledOnce();
    stop();
    await failure(request("GET", "/api/rooms"));
    expect(gone).toHaveBeenCalledOnce();
  });
});

test("a file is sent as it is", async () => {
  answer({ id: "1" });
  const file = new Blob(["x"], { type: "image/png" });
  await upload("/api/users/avatar", file);
  expect(vi.mocked(fetch).mock.calls[0]?.[1]).toMatchObject({
    method: "PUT",
    body: file,
    headers: { "Content-Type": "image/png" },
  });
});
