import { describe, expect, test, vi } from "vitest";
import { canBlur, deviceProblem, type DeviceWish, facesAway, isBusy, openDevice } from "../../src/client/devices";

const wish = (device: string | null): DeviceWish => ({ device, echoCancellation: true, noiseSuppression: false });

describe("trouble with devices is told apart", () => {
  test.each([
    ["NotAllowedError", "denied"],
    ["SecurityError", "denied"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
    ["NotReadableError", "busy"],
    ["AbortError", "busy"],
    ["SomethingError", "failed"],
  ])("%s", (name, problem) => {
    expect(deviceProblem({ name })).toBe(problem);
  });

  test("the system's refusal from the browser's", () => {
    expect(deviceProblem(new DOMException("Permission denied by system", "NotAllowedError"))).toBe("denied_by_system");
    expect(deviceProblem(new DOMException("Permission denied", "NotAllowedError"))).toBe("denied");
  });

  test("whatever was thrown", () => {
    for (const error of [null, undefined, "text", 1]) expect(deviceProblem(error)).toBe("failed");
    expect(isBusy({ name: "NotReadableError" })).toBe(true);
  });
});

test("blur is offered only where the browser can turn it on and off", () => {
  const track = (backgroundBlur?: boolean[]): MediaStreamTrack =>
    ({
      getCapabilities: () => (backgroundBlur === undefined ? {} : { backgroundBlur }),
    }) as unknown as MediaStreamTrack;
  expect(canBlur(track([true, false]))).toBe(true);
  expect(canBlur(track([false]))).toBe(false);
  expect(canBlur(track([true]))).toBe(false);
  expect(canBlur(track())).toBe(false);
  expect(canBlur({} as MediaStreamTrack)).toBe(false);
  expect(canBlur(null)).toBe(false);
});

describe("opening a device", () => {
  const track = {};
  const open = vi.fn<(constraints: MediaStreamConstraints) => Promise<object>>(() =>
    Promise.resolve({ getTracks: () => [track] }),
  );
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: open } });

  test("asks for exactly the one that was chosen", async () => {
    open.mockClear();
    await expect(openDevice("camera", wish("front"))).resolves.toBe(track);
    expect(open.mock.calls).toMatchObject([[{ video: { deviceId: { exact: "front" } } }]]);
  });

  test("takes another where the chosen one was unplugged", async () => {
    open.mockClear();
    open.mockRejectedValueOnce({ name: "OverconstrainedError" });
    await expect(openDevice("microphone", wish("gone"))).resolves.toBe(track);
    expect(open).toHaveBeenCalledTimes(2);
    expect(open.mock.calls[1]?.[0].audio).not.toHaveProperty("deviceId");
    expect(open.mock.calls[1]?.[0].audio).toMatchObject({ echoCancellation: true, noiseSuppression: false });
  });

  test("does not ask again where it was refused", async () => {
    open.mockClear();
    open.mockRejectedValueOnce({ name: "NotAllowedError" });
    await expect(openDevice("microphone", wish("x"))).rejects.toMatchObject({ name: "NotAllowedError" });
    expect(open).toHaveBeenCalledOnce();
  });
});

test.each([
  [{ facingMode: "environment" }, "", true],
  [{ facingMode: "user" }, "back camera", false],
  [{}, "camera2 0, facing back", true],
  [{}, "Rückkamera", true],
  [{}, "Integrated Camera", false],
  [{}, "Backlit HD Webcam", false],
])("a camera of %j called %j looks away: %s", (settings, label, away) => {
  const track = { getSettings: () => settings, label } as unknown as MediaStreamTrack;
  expect(facesAway(track)).toBe(away);
  expect(facesAway(null)).toBe(false);
});
