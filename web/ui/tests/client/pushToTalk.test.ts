import { expect, test, vi } from "vitest";
import { type MediaState, NO_MEDIA } from "../../src/client/media";
import { PushToTalk } from "../../src/client/pushToTalk";
import { Store } from "../../src/client/store";

function setUp(on: boolean) {
  const store = new Store<MediaState>({ ...NO_MEDIA, microphone: { ...NO_MEDIA.microphone, on } });
  const setMicrophone = vi.fn((wanted: boolean) => {
    store.update({ microphone: { ...NO_MEDIA.microphone, on: wanted } });
    return Promise.resolve();
  });
  return { talk: new PushToTalk({ getSnapshot: store.getSnapshot, setMicrophone }), setMicrophone };
}

test("a held key unmutes, and mutes again", () => {
  const { talk, setMicrophone } = setUp(false);
  expect(talk.press()).toBe(true);
  talk.press();
  expect(talk.talking).toBe(true);
  talk.release();
  talk.release();
  expect(setMicrophone.mock.calls).toEqual([[true], [false]]);
});

test("a microphone that is on stays on", () => {
  const { talk, setMicrophone } = setUp(true);
  expect(talk.press()).toBe(false);
  talk.release();
  expect(setMicrophone).not.toHaveBeenCalled();
});
