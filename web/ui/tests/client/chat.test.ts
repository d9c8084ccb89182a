import { describe, expect, test } from "vitest";
import {
  type ChatLog,
  chatFromWelcome,
  chatLength,
  countUnread,
  hasGap,
  LONGEST_CHAT,
  sendable,
  withMessage,
  withoutMessage,
  withPage,
} from "../../src/client/chat";
import { chatMessage } from "../fakes/messages";

const log = (...ids: number[]): ChatLog => chatFromWelcome(ids.map((id) => chatMessage(id)));
const ids = ({ messages }: ChatLog): number[] => messages.map(({ id }) => id);

test("an empty history has nothing older; any other may", () => {
  expect(log().older).toBe("none");
  expect(log(1).older).toBe("some");
});

test("two thousand messages are kept; what fell out can be fetched again", () => {
  let many: ChatLog = { messages: [], older: "none", gaps: [] };
  for (let id = 1; id <= 2005; id++) many = withMessage(many, chatMessage(id));
  expect(many.messages).toHaveLength(2000);
  expect(many.messages[0]?.id).toBe(6);
  expect(many.older).toBe("some");
});

test("where messages may be missing is known between those that are there", () => {
  const chat: ChatLog = {
    ...chatFromWelcome(
      [2, 5, 9].map((id) => chatMessage(id)),
      [2, 7, 9],
    ),
    older: "none",
  };
  const [two, five, nine] = chat.messages;
  expect(hasGap(chat, undefined, two)).toBe(false);
  expect(hasGap(chat, two, five)).toBe(true);
  expect(hasGap(chat, five, nine)).toBe(true);
  expect(hasGap(chat, nine, undefined)).toBe(true);
  expect(hasGap({ ...chat, gaps: [0] }, undefined, two)).toBe(true);
  expect(hasGap({ ...chat, gaps: [0], older: "some" }, undefined, two)).toBe(false);
  expect(hasGap({ ...chat, gaps: [] }, five, nine)).toBe(false);
});

describe("a page of older messages", () => {
  test("goes before, without what is known", () => {
    const page = { type: "chat_page" as const, messages: [chatMessage(3), chatMessage(4), chatMessage(5)], more: true };
    const joined = withPage({ ...log(5, 6), older: "loading" }, page);
    expect(ids(joined)).toEqual([3, 4, 5, 6]);
    expect(joined.older).toBe("some");
  });

  test("that brings nothing new is the last, whatever it says", () => {
    const page = { type: "chat_page" as const, messages: [chatMessage(5)], more: true };
    expect(withPage(log(5, 6), page).older).toBe("none");
  });
});

test("a message is taken away once", () => {
  const less = withoutMessage(log(1, 2), 1);
  expect(ids(less)).toEqual([2]);
  expect(withoutMessage(less, 1)).toBe(less);
});

test("unread are those of others after the one that was read last", () => {
  const messages = [chatMessage(1), chatMessage(2), chatMessage(3, { mine: true }), chatMessage(4)];
  expect(countUnread(messages, 1)).toBe(2);
  expect(countUnread(messages, 4)).toBe(0);
  expect(countUnread(messages, 0)).toBe(3);
  expect(countUnread([], 0)).toBe(0);
});

describe("what is sent", () => {
  test("has no characters that the server refuses", () => {
    expect(sendable("one\r\ntwo\rthree\n\tfour")).toBe("one\ntwo\nthree\n\tfour");
    expect(sendable("a\u0000b\u001b[31m\u007f\u009b\u202ec")).toBe("ab[31mc");
    expect(sendable("\u202bשלום\u202c 👍🏽")).toBe("\u202bשלום\u202c 👍🏽");
    expect(sendable("a\ud83d b \udc4d👍")).toBe("a b 👍");
  });

  test("has no blanks around it, and is counted as the server does", () => {
    expect(sendable(" \n one \n two\n\n")).toBe("one \n two");
    expect(chatLength(" \u0000👍🏽 a\r\nb ")).toBe(6);
    expect(LONGEST_CHAT).toBe(4000);
  });
});
