// @vitest-environment happy-dom
import { renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { Call } from "../../src/client/call";
import type { LocalMedia } from "../../src/client/media";
import { useCall } from "../../src/hooks/useCall";
import { FakeMedia } from "../fakes/FakeCall";
import { FakeConnection } from "../fakes/FakeConnection";
import { watchListeners } from "../fakes/rendering";

let connections: FakeConnection[];

beforeEach(() => {
  connections = [];
  vi.stubGlobal(
    "RTCPeerConnection",
    class extends FakeConnection {
      constructor() {
        super();
        connections.push(this);
      }
    },
  );
  const capabilities = { getCapabilities: () => null };
  vi.stubGlobal("RTCRtpSender", capabilities);
  vi.stubGlobal("RTCRtpReceiver", capabilities);
});

function setUp() {
  const media = new FakeMedia() as unknown as LocalMedia;
  const { result, rerender, unmount } = renderHook((now) => useCall(now), { initialProps: media });
  return { media, phase: () => result.current?.getSnapshot().phase, call: () => result.current, rerender, unmount };
}

const hidePage = (persisted: boolean): void => {
  window.dispatchEvent(Object.assign(new Event("pagehide"), { persisted }));
};

test("one call is made ready, however often the page is drawn; with other devices, another", () => {
  const { media, phase, rerender, call } = setUp();
  const before = call();
  rerender(media);
  expect(call()).toBe(before);
  expect(phase()).toBe("idle");
  rerender(new FakeMedia() as unknown as LocalMedia);
  expect(call()).not.toBe(before);
  expect(before?.getSnapshot().phase).toBe("ended");
  expect(connections.map(({ closed }) => closed)).toEqual([true, false]);
});

test("the call is left with the page, but not where the browser only puts the page aside", () => {
  const { phase } = setUp();
  hidePage(true);
  expect(phase()).toBe("idle");
  hidePage(false);
  expect(phase()).toBe("ended");
});

test("a turned phone is looked at anew", () => {
  const refresh = vi.spyOn(Call.prototype, "refresh");
  setUp();
  window.dispatchEvent(new Event("resize"));
  expect(refresh).toHaveBeenCalledOnce();
});

test("at the end the call is left, and nobody listens to the page", () => {
  const listeners = watchListeners(window);
  const { call, unmount } = setUp();
  const before = call();
  expect(listeners()).toEqual(expect.arrayContaining(["pagehide", "resize"]));
  unmount();
  expect(before?.getSnapshot().phase).toBe("ended");
  expect(connections[0]?.closed).toBe(true);
  expect(listeners().filter((type) => type === "pagehide" || type === "resize")).toEqual([]);
});
