// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from "vitest";
import { PictureWindow } from "../../src/client/pictureWindow";
import { deferred, give } from "../fakes/rendering";

/** A window of its own: closing it tells the page, as a click on its cross does. */
class FakeWindow extends EventTarget {
  readonly document = document.implementation.createHTMLDocument("");
  closed = false;

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.dispatchEvent(new Event("pagehide"));
  }
}

let made: FakeWindow[];
let picture: PictureWindow;

beforeEach(() => {
  made = [];
  picture = new PictureWindow();
  const requestWindow = (): Promise<FakeWindow> => {
    const window = new FakeWindow();
    made.push(window);
    return Promise.resolve(window);
  };
  give(window, { documentPictureInPicture: { requestWindow } });
});

test("it is possible where the browser offers it", async () => {
  expect(PictureWindow.possible).toBe(true);
  give(window, { documentPictureInPicture: undefined });
  expect(PictureWindow.possible).toBe(false);
  await picture.toggle();
  expect(picture.getSnapshot()).toBeNull();
});

test("it opens and closes by turns, and whoever watches is told", async () => {
  const watcher = vi.fn();
  picture.subscribe(watcher);
  await picture.toggle();
  expect(picture.getSnapshot()).toBe(made[0]);
  await picture.toggle();
  expect(made[0]?.closed).toBe(true);
  expect(picture.getSnapshot()).toBeNull();
  expect(watcher).toHaveBeenCalledTimes(2);
  await picture.toggle();
  expect(picture.getSnapshot()).toBe(made[1]);
});

test("closed by its own cross it can be opened again", async () => {
  await picture.toggle();
  made[0]?.close();
  expect(picture.getSnapshot()).toBeNull();
  await picture.toggle();
  expect(picture.getSnapshot()).toBe(made[1]);
});

test("after the call none is open, not even one that the browser was about to open", async () => {
  await picture.toggle();
  picture.close();
  expect(made[0]?.closed).toBe(true);
  picture.close();
  picture = new PictureWindow();
  const opening = picture.toggle();
  picture.close();
  await opening;
  expect(made[1]?.closed).toBe(true);
  expect(picture.getSnapshot()).toBeNull();
});

test("it looks like the page: style sheets, language, theme and title", async () => {
  document.head.innerHTML = '<link rel="stylesheet" title="a"><style>b { color: red }</style><link rel="icon">';
  document.documentElement.lang = "de";
  document.documentElement.dataset.theme = "dark";
  document.title = "Room";
  await picture.toggle();
  const target = made[0]?.document;
  expect([...(target?.head.querySelectorAll("link, style") ?? [])].map(({ outerHTML }) => outerHTML)).toEqual([
    '<link rel="stylesheet" title="a">',
    "<style>b { color: red }</style>",
  ]);
  expect(document.head.querySelectorAll("link, style")).toHaveLength(3);
  expect(target?.documentElement.lang).toBe("de");
  expect(target?.documentElement.dataset.theme).toBe("dark");
  expect(target?.title).toBe("Room");
});

test("a refusal is told to whoever asked, and nothing is open", async () => {
  const requestWindow = () => Promise.reject(new DOMException("no click", "NotAllowedError"));
  give(window, { documentPictureInPicture: { requestWindow } });
  await expect(picture.toggle()).rejects.toMatchObject({ name: "NotAllowedError" });
  expect(picture.getSnapshot()).toBeNull();
});

test("of two that were asked for, the one that the browser closes for the other leaves that open", async () => {
  const answers = [deferred<FakeWindow>(), deferred<FakeWindow>()];
  let asked = 0;
  give(window, { documentPictureInPicture: { requestWindow: () => answers[asked++]?.promise } });
  const [first, second] = [new FakeWindow(), new FakeWindow()];
  const both = [picture.toggle(), picture.toggle()];
  answers[0]?.resolve(first);
  answers[1]?.resolve(second);
  await Promise.all(both);
  first.close();
  expect(picture.getSnapshot()).toBe(second);
});
