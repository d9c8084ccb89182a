import { expect, test } from "vitest";
import { ApiError } from "../../src/client/http";
import { endOfBye, endOfRefusal } from "../../src/client/ending";
import type { Bye } from "../../src/client/protocol";
import { RequestError } from "../../src/client/signaling";

test("a goodbye is for good, unless the connection or the server will be back", () => {
  expect(endOfBye("removed")).toBe("removed");
  expect(endOfBye("lost")).toBeNull();
  expect(endOfBye("server_stopping")).toBeNull();
});

test("a goodbye for a reason that is not known yet is for good", () => {
  expect(endOfBye("eclipse" as Bye["why"])).toBe("eclipse");
});

test("refusals that will not change end it, by name", () => {
  expect(endOfRefusal(new ApiError("room_full", "Full.", 409))).toEqual({ why: "room_full", message: "Full." });
  expect(endOfRefusal(new ApiError("sign_in_required", "", 401))?.why).toBe("sign_in_required");
  expect(endOfRefusal(new ApiError("link_expired", "", 403))?.why).toBe("link_expired");
  expect(endOfRefusal(new ApiError("bad_link", "", 403))?.why).toBe("bad_link");
  expect(endOfRefusal(new RequestError("banned", "No."))?.why).toBe("banned");
  expect(endOfRefusal(new RequestError("not_found", ""))?.why).toBe("room_not_found");
  expect(endOfRefusal(new ApiError("odd", "Odd.", 422))).toEqual({ why: "failed", message: "Odd." });
});

test("what may pass does not", () => {
  expect(endOfRefusal(new ApiError("too_many", "", 429))).toBeNull();
  expect(endOfRefusal(new ApiError("unreachable", "", 0))).toBeNull();
  expect(endOfRefusal(new ApiError("internal", "", 500))).toBeNull();
  expect(endOfRefusal(new RequestError("timeout", ""))).toBeNull();
  expect(endOfRefusal(new TypeError("?"))).toBeNull();
});
