// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { LocalMedia } from "../../src/client/media";
import { useDeviceNotices } from "../../src/hooks/useDeviceNotices";
import { startTexts } from "../../src/i18n/i18n";
import { FakeMedia } from "../fakes/FakeCall";
import { told } from "../fakes/rendering";

beforeAll(() => startTexts("en"));

let media: FakeMedia;
beforeEach(() => {
  vi.useFakeTimers();
  media = new FakeMedia();
});

const start = () => renderHook(() => useDeviceNotices(media as unknown as LocalMedia));

test("trouble that comes up is told once, with what to do about it", () => {
  start();
  act(() => media.change("camera", { problem: "busy" }));
  act(() => media.change("camera", { on: false }));
  act(() => media.change("microphone", { on: true }));
  expect(told()).toEqual([expect.stringMatching(/camera.*try again/)]);
});

test("trouble that was there before the call was told before it", () => {
  media.change("microphone", { problem: "denied" });
  start();
  act(() => media.change("camera", { on: true }));
  expect(told()).toEqual([]);
  act(() => media.change("microphone", { problem: "busy" }));
  expect(told()).toHaveLength(1);
});

test("the same trouble is told again when it comes again", () => {
  start();
  for (const problem of ["busy", null, "busy"] as const) act(() => media.change("camera", { problem }));
  expect(told()).toHaveLength(2);
});

test("a device that another took the place of is told, by name where there is one", () => {
  start();
  act(() => media.replace({ kind: "microphone", label: "Headset" }));
  act(() => media.replace({ kind: "camera", label: "" }));
  expect(told()).toEqual([
    expect.stringContaining("Headset"),
    expect.stringMatching(/^The camera was disconnected. Switched to another/),
  ]);
});

test("nothing is told after the end", () => {
  start().unmount();
  media.change("camera", { problem: "busy" });
  media.replace({ kind: "camera", label: "" });
  expect(told()).toEqual([]);
});
