import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { DeviceKind } from "../../src/client/devices";
import { InputDevice } from "../../src/client/inputDevice";
import { FakeDevices, type FakeTrack } from "../fakes/FakeDevices";

let devices: FakeDevices;

beforeEach(() => {
  vi.useFakeTimers();
  devices = new FakeDevices();
  devices.plugged.push({ kind: "videoinput", id: "cam 2" });
  devices.install();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function setUp(kind: DeviceKind) {
  const wish = { device: null as string | null, echoCancellation: true, noiseSuppression: true };
  const handlers = { wish: () => ({ ...wish }), changed: vi.fn(), opened: vi.fn(), replaced: vi.fn() };
  return { input: new InputDevice(kind, handlers), wish, handlers };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

/** Openings that the test answers itself, in whichever order. */
function holdOpenings(): { answer: (index: number, track: FakeTrack) => void; asked: () => number } {
  const waiting: ((stream: object) => void)[] = [];
  const getUserMedia = () => new Promise<object>((resolve) => waiting.push(resolve));
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
  return {
    answer: (index, track) => waiting[index]?.({ getTracks: () => [track] }),
    asked: () => waiting.length,
  };
}

/** A track that belongs to an opening which the test answers. */
async function trackOf(kind: "audio" | "video", device: string): Promise<FakeTrack> {
  const exact = { deviceId: { exact: device } };
  await devices.getUserMedia(kind === "audio" ? { audio: exact } : { video: exact });
  return devices.latest(kind);
}

describe("answers that come late", () => {
  test("in the wrong order leave the device that was asked for last", async () => {
    const { input, handlers } = setUp("camera");
    const [first, second] = [await trackOf("video", "cam 1"), await trackOf("video", "cam 2")];
    const openings = holdOpenings();
    input.order();
    void input.open();
    void input.open();
    openings.answer(1, second);
    await settle();
    openings.answer(0, first);
    await settle();
    expect(input.current).toMatchObject({ on: true, track: second, device: "cam 2" });
    expect([first.readyState, second.readyState]).toEqual(["ended", "live"]);
    expect(handlers.opened).toHaveBeenCalledExactlyOnceWith(second);
  });

  test("after the device was closed are let go", async () => {
    const { input, handlers } = setUp("microphone");
    const track = await trackOf("audio", "mic 1");
    const openings = holdOpenings();
    void input.set(true);
    input.close();
    openings.answer(0, track);
    await settle();
    expect(track.readyState).toBe("ended");
    expect(input.current.track).toBeNull();
    expect(handlers.opened).not.toHaveBeenCalled();
  });

  test("with a refusal, after something else was asked, are of no interest", () => {
    const { input } = setUp("camera");
    const order = input.order();
    input.order();
    input.refuse("denied", order);
    expect(input.current).toMatchObject({ on: true, problem: null });
  });
});

describe("another way of opening it", () => {
  test("keeps a muted microphone muted", async () => {
    const { input, wish } = setUp("microphone");
    await input.set(true);
    await input.set(false);
    wish.device = "mic 2";
    await input.reopen();
    expect(input.current).toMatchObject({ on: false, device: "mic 2" });
    expect(devices.latest("audio").enabled).toBe(false);
    expect(devices.opened[0]?.readyState).toBe("ended");
  });

  test("opens nothing that is off", async () => {
    const { input } = setUp("camera");
    await input.reopen();
    expect(devices.asked).toHaveLength(0);
  });

  test("opens nothing after the end", async () => {
    const { input } = setUp("camera");
    await input.set(true);
    input.close();
    await input.reopen();
    expect(devices.asked).toHaveLength(1);
  });

  test("that is refused lets go of what was open: nothing is sent by a device that is said to be off", async () => {
    const { input } = setUp("microphone");
    await input.set(true);
    devices.failures.push("NotAllowedError");
    await input.reopen();
    expect(input.current).toMatchObject({ on: false, problem: "denied", track: null });
    expect(devices.latest("audio").readyState).toBe("ended");
  });

  test("that fails after the one before had to go can be tried again", async () => {
    const { input } = setUp("microphone");
    await input.set(true);
    devices.failures.push("NotReadableError", "NotReadableError");
    await input.reopen();
    expect(input.current).toMatchObject({ on: false, problem: "busy" });
    await input.set(true);
    expect(input.current).toMatchObject({ on: true, problem: null, track: devices.latest("audio") });
    expect(devices.latest("audio").readyState).toBe("live");
  });
});

describe("a device that ends by itself", () => {
  test("is told to be replaced only once another is there", async () => {
    const { input, handlers } = setUp("microphone");
    await input.set(true);
    vi.advanceTimersByTime(5000);
    devices.unplug("mic 1");
    expect(handlers.replaced).not.toHaveBeenCalled();
    await settle();
    expect(handlers.replaced).toHaveBeenCalledExactlyOnceWith(devices.latest("audio"));
  });

  test("and is turned off meanwhile stays off", async () => {
    const { input, handlers } = setUp("camera");
    await input.set(true);
    vi.advanceTimersByTime(5000);
    devices.latest("video").lose();
    await input.set(false);
    await settle();
    expect(input.current).toMatchObject({ on: false, track: null });
    expect(devices.latest("video").readyState).toBe("ended");
    expect(handlers.replaced).not.toHaveBeenCalled();
  });

  test("after it was exchanged is of no interest", async () => {
    const { input } = setUp("camera");
    await input.set(true);
    const before = devices.latest("video");
    await input.reopen();
    const openings = devices.asked.length;
    before.lose();
    await settle();
    expect(devices.asked).toHaveLength(openings);
    expect(input.current.track).toBe(devices.latest("video"));
  });

  test("now and then, long after it was opened, is opened each time", async () => {
    const { input } = setUp("microphone");
    await input.set(true);
    for (let time = 0; time < 5; time++) {
      vi.advanceTimersByTime(5000);
      devices.latest("audio").lose();
      await settle();
    }
    expect(input.current).toMatchObject({ on: true, problem: null, track: devices.latest("audio") });
  });
});

describe("back in view", () => {
  test("a device that is off is left alone, and so is one that works", async () => {
    const { input } = setUp("camera");
    input.revive();
    await input.set(true);
    input.revive();
    await vi.advanceTimersByTimeAsync(5000);
    expect(devices.asked).toHaveLength(1);
  });

  test("a track without pictures that was turned off meanwhile is not opened", async () => {
    const { input } = setUp("camera");
    await input.set(true);
    devices.latest("video").muted = true;
    input.revive();
    await input.set(false);
    await vi.advanceTimersByTimeAsync(5000);
    expect(devices.asked).toHaveLength(1);
  });

  test("nothing is opened after the end", async () => {
    const { input } = setUp("camera");
    await input.set(true);
    devices.latest("video").muted = true;
    input.revive();
    input.close();
    await vi.advanceTimersByTimeAsync(5000);
    expect(devices.asked).toHaveLength(1);
  });
});

test("only the reason that is gone is taken back", () => {
  const { input } = setUp("camera");
  input.refuse("denied", input.order());
  input.forgive("missing");
  expect(input.current.problem).toBe("denied");
  input.forgive("denied");
  expect(input.current).toMatchObject({ on: false, problem: null });
});
