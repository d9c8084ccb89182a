// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { useLocalMedia } from "../../src/hooks/useLocalMedia";
import { FakeDevices } from "../fakes/FakeDevices";
import { give, settle } from "../fakes/rendering";

let devices: FakeDevices;
beforeEach(() => {
  vi.useFakeTimers();
  devices = new FakeDevices();
  give(navigator, { mediaDevices: devices, permissions: undefined });
});

const states = (): string[] => devices.opened.map(({ kind, readyState }) => `${kind} ${readyState}`);

test("devices are open as long as they are needed", async () => {
  const { result, unmount } = renderHook(useLocalMedia);
  await settle();
  expect(result.current?.getSnapshot()).toMatchObject({ microphone: { on: true }, camera: { on: true } });
  expect(states()).toEqual(["audio live", "video live"]);
  unmount();
  expect(states()).toEqual(["audio ended", "video ended"]);
});

test("what the person allows after they have gone elsewhere is let go at once", async () => {
  const { unmount } = renderHook(useLocalMedia);
  unmount();
  await settle();
  expect(states()).toEqual(["audio ended", "video ended"]);
});

test("one who is drawn twice has every device open once", async () => {
  renderHook(useLocalMedia, { wrapper: StrictMode });
  await settle();
  expect(states().filter((state) => state.endsWith("live"))).toEqual(["audio live", "video live"]);
});
