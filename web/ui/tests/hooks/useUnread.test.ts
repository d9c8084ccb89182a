// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import type { ChatMessage } from "../../src/client/protocol";
import { useUnread } from "../../src/hooks/useUnread";
import { callParts } from "../fakes/FakeCall";
import { chatMessage } from "../fakes/messages";
import "../fakes/rendering";

function setUp(...before: ChatMessage[]) {
  const { call, ui, wrapper } = callParts();
  call.update({ chat: { messages: before, older: "none", gaps: [] } });
  const { result } = renderHook(useUnread, { wrapper });
  return {
    unread: () => result.current,
    say: (id: number, change?: Partial<ChatMessage>) =>
      act(() => call.event({ type: "chat", message: chatMessage(id, change) })),
    take: (message: number) => act(() => call.event({ type: "chat.deleted", message })),
    toggle: () => act(() => ui.togglePanel("chat")),
    older: (...messages: ChatMessage[]) =>
      act(() =>
        call.update({
          chat: { messages: [...messages, ...call.getSnapshot().chat.messages], older: "none", gaps: [] },
        }),
      ),
  };
}

test("what was said before one came in counts as read, what others say afterwards does not", () => {
  const { unread, say } = setUp(chatMessage(1), chatMessage(2));
  expect(unread()).toBe(0);
  say(3);
  say(4, { mine: true });
  say(5);
  expect(unread()).toBe(2);
});

test("nothing is unread while the chat is open, nor of that after it was closed", () => {
  const { unread, say, toggle } = setUp();
  say(1);
  expect(unread()).toBe(1);
  toggle();
  expect(unread()).toBe(0);
  say(2);
  expect(unread()).toBe(0);
  toggle();
  expect(unread()).toBe(0);
  say(3);
  expect(unread()).toBe(1);
});

test("what was taken away is not waited for", () => {
  const { unread, say, take } = setUp(chatMessage(1));
  say(2);
  say(3);
  take(3);
  expect(unread()).toBe(1);
  take(2);
  expect(unread()).toBe(0);
  take(1);
  say(4);
  expect(unread()).toBe(1);
});

test("older messages that are fetched are no news", () => {
  const { unread, older, say } = setUp(chatMessage(5));
  older(chatMessage(3), chatMessage(4));
  expect(unread()).toBe(0);
  say(6);
  expect(unread()).toBe(1);
});
