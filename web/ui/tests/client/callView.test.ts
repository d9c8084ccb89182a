import { describe, expect, test } from "vitest";
import { CallView } from "../../src/client/callView";

test("a panel opens, gives way to another, and closes", () => {
  const view = new CallView();
  view.togglePanel("chat");
  view.togglePanel("people");
  expect(view.getSnapshot().panel).toBe("people");
  view.togglePanel("people");
  expect(view.getSnapshot().panel).toBeNull();
});

test("four are pinned at most, the newest; pinning again lets go", () => {
  const view = new CallView();
  for (const key of ["a", "b", "c", "d", "e"]) view.togglePin(key);
  expect(view.getSnapshot().pins).toEqual(["b", "c", "d", "e"]);
  view.togglePin("c");
  expect(view.getSnapshot().pins).toEqual(["b", "d", "e"]);
});

test("pages are turned as far as there are any", () => {
  const view = new CallView();
  view.turn(1);
  expect(view.getSnapshot().page).toBe(0);
  view.setPages(0, 3);
  view.turn(1);
  view.turn(1);
  view.turn(1);
  expect(view.getSnapshot().page).toBe(2);
  view.setPages(1, 2);
  view.turn(-1);
  view.turn(-1);
  expect(view.getSnapshot().page).toBe(0);
});

test("writing to one person opens the chat for them", () => {
  const view = new CallView();
  const ada = { person: "p", id: "a", name: "Ada" };
  view.writeTo(ada);
  expect(view.getSnapshot()).toMatchObject({ panel: "chat", draft: { text: "", to: ada }, wantsCursor: true });
});

describe("a draft", () => {
  const ada = { person: "p", id: "a", name: "Ada" };
  const ben = { person: "q", id: "b", name: "Ben" };
  const draft = (view: CallView) => view.getSnapshot().draft;

  test("goes to whoever the writer chooses", () => {
    const view = new CallView();
    view.write("hello");
    view.chooseReceiver(ada);
    view.write((text) => `${text}!`);
    expect(draft(view)).toEqual({ text: "hello!", to: ada });
    view.chooseReceiver(null);
    expect(draft(view)).toEqual({ text: "hello!", to: null });
  });

  test("to one person is not another's, who is written to from elsewhere, and is there again later", () => {
    const view = new CallView();
    view.writeTo(ben);
    view.write("for Ben");
    view.writeTo(ada);
    expect(draft(view)).toEqual({ text: "", to: ada });
    view.write("for Ada");
    view.writeTo({ ...ada, id: "other" });
    expect(draft(view)).toMatchObject({ text: "for Ada", to: { id: "other" } });
    view.write("");
    view.chooseReceiver(ben);
    expect(draft(view)).toEqual({ text: "for Ben", to: ben });
    view.write("");
    view.writeTo(ben);
    expect(draft(view).text).toBe("");
  });
});

test("a dialog may be about a person", () => {
  const view = new CallView();
  view.ask("ban", "a", "Ada");
  expect(view.getSnapshot().window).toEqual({ kind: "ban", participant: "a", name: "Ada" });
  view.open("settings");
  expect(view.getSnapshot().window).toEqual({ kind: "settings" });
  view.closeWindow();
  expect(view.getSnapshot().window).toBeNull();
});
