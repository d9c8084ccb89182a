import { describe, expect, test, vi } from "vitest";
import { type MediaState, NO_MEDIA } from "../../src/client/media";
import { Publisher, wantedPublications } from "../../src/client/publisher";
import { type RequestBody, RequestError } from "../../src/client/signaling";

const track = (width = 0, height = 0): MediaStreamTrack =>
  ({ getSettings: () => ({ width, height }) }) as unknown as MediaStreamTrack;
const none = NO_MEDIA;
const off = none.microphone;
const camera = { ...off, on: true, track: track(1280, 720) };
const mids = { microphone: "0", camera: "1", screen: "2", screen_audio: "3" };

function setUp() {
  const request = vi.fn<(body: RequestBody) => Promise<unknown>>(() => Promise.resolve());
  const publisher = new Publisher(request);
  const show = (media: Partial<MediaState>): RequestBody[] => {
    request.mockClear();
    publisher.update(wantedPublications({ ...none, ...media }, publisher.published), mids);
    return request.mock.calls.map(([body]) => body);
  };
  return { publisher, request, show };
}

describe("what should be published", () => {
  test("is nothing without devices", () => {
    expect(wantedPublications(none, new Set())).toEqual({});
  });

  test("is the camera with its three encodings, lowest first", () => {
    expect(wantedPublications({ ...none, camera }, new Set()).camera).toEqual({
      muted: false,
      width: 1280,
      height: 720,
      encodings: [
        { rid: "q", height: 180, max_bitrate: 150_000 },
        { rid: "h", height: 360, max_bitrate: 500_000 },
        { rid: "f", height: 720, max_bitrate: 1_700_000 },
      ],
    });
  });
});

describe("the publisher", () => {
  test("publishes once, then mutes, unmutes and says nothing twice", () => {
    const { show } = setUp();
    expect(show({ camera })).toMatchObject([{ type: "publish", mid: "1", source: "camera", muted: false }]);
    expect(show({ camera })).toEqual([]);
    expect(show({})).toEqual([{ type: "mute", source: "camera", muted: true }]);
    expect(show({ camera })).toEqual([{ type: "mute", source: "camera", muted: false }]);
  });

  test("publishes again when the picture has another size", () => {
    const { show } = setUp();
    show({ camera });
    expect(show({ camera: { ...camera, track: track(720, 1280) } })).toMatchObject([
      { type: "publish", source: "camera", width: 720, height: 1280 },
    ]);
  });

  test("withdraws a screen when it stops", () => {
    const { show } = setUp();
    expect(show({ screen: track(1920, 1080), screenAudio: track() })).toMatchObject([
      { type: "publish", mid: "2", source: "screen", height: 1080 },
      { type: "publish", mid: "3", source: "screen_audio" },
    ]);
    expect(show({})).toEqual([
      { type: "unpublish", source: "screen" },
      { type: "unpublish", source: "screen_audio" },
    ]);
    expect(show({})).toEqual([]);
  });

  test("says again what may not have been heard", async () => {
    const { request, show } = setUp();
    show({ camera });
    request.mockRejectedValueOnce(new RequestError("lost", ""));
    show({});
    await vi.waitFor(() => {
      expect(show({})).toMatchObject([{ type: "publish", source: "camera", muted: true, height: 720 }]);
    });
    request.mockClear();
    expect(show({})).toEqual([]);
  });

  test("makes a lost withdrawal again, not a refused one", async () => {
    const { request, show } = setUp();
    const screen = track(10, 10);
    for (const [code, again] of [
      ["lost", 1],
      ["not_found", 0],
    ] as const) {
      show({ screen });
      request.mockRejectedValueOnce(new RequestError(code, ""));
      show({});
      await Promise.resolve();
      await Promise.resolve();
      expect(show({})).toHaveLength(again);
    }
  });
});

describe("muted by a host", () => {
  test("is known, and nothing more needs to be told", () => {
    const { publisher, request, show } = setUp();
    show({ camera });
    publisher.correct("camera", true);
    expect(show({})).toEqual([]);
    request.mockClear();
    expect(show({ camera })).toEqual([{ type: "mute", source: "camera", muted: false }]);
  });

  test("is nothing that was never published", () => {
    const { publisher, show } = setUp();
    publisher.correct("screen", true);
    expect(publisher.published.size).toBe(0);
    expect(show({ camera })).toMatchObject([{ type: "publish", source: "camera" }]);
  });
});
