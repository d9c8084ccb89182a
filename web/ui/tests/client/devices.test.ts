import { describe, expect, test, vi } from "vitest";
import { deviceProblem, openDevice } from "../../src/client/devices";

describe("trouble with devices is a sentence", () => {
  test.each([
    ["NotAllowedError", "not allowed"],
    ["NotFoundError", "No camera was found"],
    ["OverconstrainedError", "No camera was found"],
    ["NotReadableError", "another program"],
    ["SomethingError", "could not be opened"],
  ])("%s", (name, words) => {
    expect(deviceProblem({ name }, "camera")).toContain(words);
  });

  test("whatever was thrown", () => {
    for (const error of [null, undefined, "text", 1])
      expect(deviceProblem(error, "microphone")).toContain("microphone");
  });
});

describe("opening a device", () => {
  const track = {};
  const open = vi.fn<(constraints: MediaStreamConstraints) => Promise<object>>(() =>
    Promise.resolve({ getTracks: () => [track] }),
  );
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: open } });

  test("asks for exactly the one that was chosen", async () => {
    open.mockClear();
    await expect(openDevice("camera", "front")).resolves.toBe(track);
    expect(open.mock.calls).toMatchObject([[{ video: { deviceId: { exact: "front" } } }]]);
  });

  test("takes another where the chosen one was unplugged", async () => {
    open.mockClear();
    open.mockRejectedValueOnce({ name: "OverconstrainedError" });
    await expect(openDevice("microphone", "gone")).resolves.toBe(track);
    expect(open).toHaveBeenCalledTimes(2);
    expect(open.mock.calls[1]?.[0].audio).not.toHaveProperty("deviceId");
  });

  test("does not ask again where it was refused", async () => {
    open.mockClear();
    open.mockRejectedValueOnce({ name: "NotAllowedError" });
    await expect(openDevice("microphone", "x")).rejects.toMatchObject({ name: "NotAllowedError" });
    expect(open).toHaveBeenCalledOnce();
  });
});
