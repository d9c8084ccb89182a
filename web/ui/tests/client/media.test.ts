import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LocalMedia } from "../../src/client/media";
import { Preferences } from "../../src/client/preferences";
import { FakeDevices } from "../fakes/FakeDevices";

let media: LocalMedia;
let devices: FakeDevices;
let page: ReturnType<FakeDevices["install"]>;

beforeEach(() => {
  vi.useFakeTimers();
  devices = new FakeDevices();
  page = devices.install();
  media = new LocalMedia(new Preferences(null));
});
afterEach(() => {
  media.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const state = () => media.getSnapshot();

async function started(): Promise<void> {
  await media.start();
  await settle();
}

describe("starting", () => {
  test("opens both with one question, and lists what there is", async () => {
    await started();
    expect(devices.asked).toHaveLength(1);
    expect(state().microphone).toMatchObject({ on: true, device: "mic 1", problem: null });
    expect(state().camera).toMatchObject({ on: true, device: "cam 1", problem: null });
    expect(state().devices.microphones.map(({ id }) => id)).toEqual(["mic 1", "mic 2"]);
  });

  test("goes on with one where the other is missing", async () => {
    devices.plugged = [{ kind: "audioinput", id: "mic 1" }];
    await started();
    expect(state().microphone).toMatchObject({ on: true, device: "mic 1" });
    expect(state().camera).toMatchObject({ on: false, problem: "missing", track: null });
  });

  test("says that both were refused", async () => {
    devices.failures.push("NotAllowedError", "NotAllowedError", "NotAllowedError");
    await started();
    expect(state()).toMatchObject({ microphone: { on: false, problem: "denied" }, camera: { problem: "denied" } });
  });

  test("on a page that is not secure opens nothing, and says why when asked", async () => {
    vi.stubGlobal("navigator", {});
    await started();
    expect(state().insecure).toBe(true);
    await media.setMicrophone(true);
    expect(state().microphone).toMatchObject({ on: false, problem: "insecure" });
  });

  test("uses what was chosen on an earlier visit", async () => {
    media.preferences.update({ microphone: "mic 2", echoCancellation: false });
    await started();
    expect(state().microphone.device).toBe("mic 2");
    expect(devices.asked[0]?.audio).toMatchObject({ echoCancellation: false, noiseSuppression: true });
  });
});

describe("turning off", () => {
  test("mutes a microphone without closing it, and closes a camera", async () => {
    await started();
    const [microphone, camera] = [devices.latest("audio"), devices.latest("video")];
    await media.setMicrophone(false);
    await media.setCamera(false);
    expect([microphone.enabled, microphone.readyState, camera.readyState]).toEqual([false, "live", "ended"]);
    await media.setMicrophone(true);
    await media.setCamera(true);
    expect(microphone.enabled).toBe(true);
    expect(devices.latest("video")).not.toBe(camera);
    expect(state().camera.on).toBe(true);
  });

  test("while the camera is still being opened leaves it off", async () => {
    await started();
    await media.setCamera(false);
    const opening = media.setCamera(true);
    await media.setCamera(false);
    await opening;
    expect(state().camera).toMatchObject({ on: false, track: null });
    expect(devices.latest("video").readyState).toBe("ended");
  });
});

describe("a device that goes", () => {
  test("is replaced by another, which is told", async () => {
    await started();
    const replaced = vi.fn();
    media.onReplaced(replaced);
    vi.advanceTimersByTime(5000);
    devices.unplug("mic 1");
    await settle();
    expect(state().microphone).toMatchObject({ on: true, device: "mic 2", problem: null });
    expect(replaced).toHaveBeenCalledExactlyOnceWith({ kind: "microphone", label: "label of mic 2" });
    expect(state().devices.microphones).toHaveLength(1);
  });

  test("without another leaves it off with the reason, which goes when one is plugged in", async () => {
    await started();
    vi.advanceTimersByTime(5000);
    devices.unplug("cam 1");
    await settle();
    expect(state().camera).toMatchObject({ on: false, track: null, problem: "missing" });
    devices.plugIn({ kind: "videoinput", id: "cam 9" });
    await settle();
    expect(state().camera).toMatchObject({ on: false, problem: null });
  });

  test("comes back when it is plugged in again, if it was chosen", async () => {
    await started();
    await media.selectDevice("microphone", "mic 2");
    vi.advanceTimersByTime(5000);
    devices.unplug("mic 2");
    await settle();
    expect(state().microphone.device).toBe("mic 1");
    devices.plugIn({ kind: "audioinput", id: "mic 2" });
    await settle();
    expect(state().microphone.device).toBe("mic 2");
  });

  test("while it is muted is not opened by itself", async () => {
    await started();
    await media.setMicrophone(false);
    devices.unplug("mic 1");
    await settle();
    expect(state().microphone).toMatchObject({ on: false, track: null });
    await media.setMicrophone(true);
    expect(state().microphone.device).toBe("mic 2");
  });

  test("again and again at once is left alone", async () => {
    await started();
    for (let time = 0; time < 3; time++) {
      devices.latest("audio").lose();
      await settle();
    }
    expect(state().microphone).toMatchObject({ on: false, problem: "failed" });
  });
});

describe("permission", () => {
  test("that is withdrawn mid-call turns the device off, and given again takes back the reason", async () => {
    await started();
    vi.advanceTimersByTime(5000);
    devices.failures.push("NotAllowedError");
    devices.latest("audio").lose();
    await settle();
    expect(state().microphone).toMatchObject({ on: false, problem: "denied" });
    page.permission("granted");
    expect(state().microphone.problem).toBeNull();
    expect(state().microphone.on).toBe(false);
  });
});

describe("a phone", () => {
  test("that took the camera away gets it again once the page is in view", async () => {
    await started();
    const before = devices.latest("video");
    before.readyState = "ended";
    page.show(true);
    await settle();
    expect(devices.latest("video")).toBe(before);
    page.show(false);
    await settle();
    expect(devices.latest("video")).not.toBe(before);
    expect(state().camera.track).toBe(devices.latest("video"));
  });

  test("gets a moment to wake a track by itself", async () => {
    await started();
    const before = devices.latest("audio");
    before.muted = true;
    page.show(false);
    await vi.advanceTimersByTimeAsync(500);
    before.muted = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(devices.latest("audio")).toBe(before);
    before.muted = true;
    page.show(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(devices.latest("audio")).not.toBe(before);
  });

  test("opens one camera at a time: the first is let go for the second", async () => {
    devices.plugged.push({ kind: "videoinput", id: "cam 2" });
    await started();
    const before = devices.latest("video");
    devices.failures.push("NotReadableError");
    await media.selectDevice("camera", "cam 2");
    expect(before.readyState).toBe("ended");
    expect(state().camera.device).toBe("cam 2");
  });
});

describe("settings", () => {
  test("for noise and echo open the microphone anew", async () => {
    await started();
    media.preferences.update({ noiseSuppression: false });
    await settle();
    expect(devices.asked.at(-1)?.audio).toMatchObject({ noiseSuppression: false });
    expect(state().microphone.track).toBe(devices.latest("audio"));
    const openings = devices.asked.length;
    media.preferences.update({ mirror: false });
    await settle();
    expect(devices.asked).toHaveLength(openings);
  });

  test("for blur reach the camera, where it can", async () => {
    devices.blurs = true;
    await started();
    expect(state().blurs).toBe(true);
    media.preferences.update({ blur: true });
    expect(devices.latest("video").applied).toEqual([{ backgroundBlur: true }]);
    await media.setCamera(false);
    await media.setCamera(true);
    expect(devices.latest("video").applied).toEqual([{ backgroundBlur: true }]);
    media.preferences.update({ blur: false });
    expect(devices.latest("video").applied.at(-1)).toEqual({ backgroundBlur: false });
  });
});

test("starting again, after the person has allowed it, listens to nothing twice", async () => {
  devices.failures.push("NotAllowedError", "NotAllowedError", "NotAllowedError");
  await started();
  await started();
  expect(state()).toMatchObject({ microphone: { on: true, problem: null }, camera: { on: true, problem: null } });
  const openings = devices.asked.length;
  devices.latest("audio").readyState = "ended";
  page.show(false);
  await settle();
  expect(devices.asked).toHaveLength(openings + 1);
});

test("closing before the browser has answered asks for nothing more", async () => {
  devices.failures.push("NotFoundError");
  const starting = media.start();
  media.close();
  await starting;
  expect(devices.asked).toHaveLength(1);
});

test("closing lets go of everything and hears nothing any more", async () => {
  await started();
  media.close();
  expect(devices.opened.every(({ readyState }) => readyState === "ended")).toBe(true);
  const openings = devices.asked.length;
  devices.plugIn({ kind: "audioinput", id: "mic 3" });
  page.show(false);
  media.preferences.update({ noiseSuppression: false });
  await vi.advanceTimersByTimeAsync(5000);
  expect(devices.asked).toHaveLength(openings);
});
