import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChatOutbox, type OutgoingChat } from "../../src/client/chatOutbox";
import type { ChatMessage } from "../../src/client/protocol";
import { RequestError, type RequestErrorCode } from "../../src/client/signaling";
import { chatMessage, participant, welcome } from "../fakes/messages";

function greeting(features: string[], chat: ChatMessage[] = []) {
  return welcome({ you: { ...participant("me"), person: "p" }, server: { version: "1", features }, chat });
}

/** A connection that the test makes work or fail: answers are given in the order of the requests. */
function setUp(features = ["client_id"], chat: ChatMessage[] = []) {
  const sent: OutgoingChat[] = [];
  const answers: { resolve: () => void; fail: (code: RequestErrorCode) => void }[] = [];
  let connected = true;
  const outbox = new ChatOutbox((message) => {
    if (!connected) return Promise.reject(new RequestError("lost", ""));
    sent.push(message);
    return new Promise<void>((resolve, reject) => {
      answers.push({ resolve, fail: (code) => reject(new RequestError(code, "")) });
    });
  });
  outbox.connected(greeting(features, chat));
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return {
    outbox,
    sent,
    write: (...texts: string[]) => texts.map((text) => outbox.add(text, null, null)),
    texts: () => sent.map(({ text }) => text),
    /** What is shown, with what is wrong with it. */
    shown: () => outbox.getSnapshot().map(({ text, problem }) => (problem === null ? text : `${text}: ${problem}`)),
    id: (text: string) => outbox.getSnapshot().find((one) => one.text === text)?.client_id ?? "",
    answer: async (code?: RequestErrorCode) => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error("nothing was asked");
      if (code === undefined) answer.resolve();
      else answer.fail(code);
      await settle();
    },
    lose: async () => {
      connected = false;
      for (const { fail } of answers.splice(0)) fail("lost");
      await settle();
    },
    comeBack: async () => {
      connected = true;
      outbox.resumed();
      await settle();
    },
  };
}

const stored = new Map<string, string>();

beforeEach(() => {
  vi.useFakeTimers();
  stored.clear();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("chat messages on their way", () => {
  test("go one after the other, each with an id of its own, and are gone once they arrived", async () => {
    const { outbox, sent, texts, shown, answer } = setUp();
    outbox.add("one", null, null);
    outbox.add("two", "b", "Ben");
    expect(texts()).toEqual(["one"]);
    expect(shown()).toEqual(["one", "two"]);
    await answer();
    expect(shown()).toEqual(["two"]);
    expect(outbox.getSnapshot()[0]).toMatchObject({ to: "b", toName: "Ben" });
    expect(sent[1]).toEqual({ text: "two", to: "b", client_id: outbox.getSnapshot()[0]?.client_id });
    await answer();
    expect(shown()).toEqual([]);
    const ids = sent.map(({ client_id }) => client_id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  test("are sent again in order when the connection is back, under the same ids", async () => {
    const { sent, texts, shown, write, answer, lose, comeBack } = setUp();
    write("one", "two", "three");
    await answer();
    await lose();
    write("four");
    expect(shown()).toEqual(["two", "three", "four"]);
    await comeBack();
    await answer();
    await lose();
    await comeBack();
    await answer();
    await answer();
    expect(texts()).toEqual(["one", "two", "two", "three", "three", "four"]);
    expect(sent[1]?.client_id).toBe(sent[2]?.client_id);
    expect(sent[3]?.client_id).toBe(sent[4]?.client_id);
    expect(shown()).toEqual([]);
  });

  test("wait for a new session too", async () => {
    const { outbox, texts, shown, write, answer, lose, comeBack } = setUp();
    await lose();
    write("one");
    await comeBack();
    outbox.connected(greeting(["client_id"]));
    await answer();
    expect(texts()).toEqual(["one"]);
    expect(shown()).toEqual([]);
  });

  test("are sent again at once when the server did not answer in time", async () => {
    const { texts, write, answer } = setUp();
    write("one");
    await answer("timeout");
    await answer();
    expect(texts()).toEqual(["one", "one"]);
  });

  test("are not sent again once they were seen among what was said", async () => {
    const { outbox, texts, id, write, lose, comeBack } = setUp();
    write("one", "two");
    await lose();
    outbox.discard(id("one"));
    await comeBack();
    expect(texts()).toEqual(["one", "two"]);
  });

  test("wait, with all that follow, where the writer was too fast", async () => {
    const { texts, shown, write, answer } = setUp();
    write("one", "two");
    await answer("too_many");
    expect(shown()).toEqual(["one", "two"]);
    await vi.advanceTimersByTimeAsync(2000);
    await answer();
    await answer();
    expect(texts()).toEqual(["one", "one", "two"]);
  });

  test("that are refused say so, hold up nothing, and are sent again or given up as the writer wishes", async () => {
    const { outbox, sent, texts, shown, id, write, answer } = setUp();
    write("one", "two", "three");
    await answer("not_found");
    await answer("not_allowed");
    expect(shown()).toEqual(["one: not_found", "two: not_allowed", "three"]);
    await answer();
    outbox.discard(id("two"));
    outbox.retry(id("one"));
    expect(shown()).toEqual(["one"]);
    await answer();
    expect(texts()).toEqual(["one", "two", "three", "one"]);
    expect(sent[0]?.client_id).toBe(sent[3]?.client_id);
    expect(shown()).toEqual([]);
  });

  test("are not sent twice to a server that would not know", async () => {
    const { sent, shown, write, lose, comeBack } = setUp([]);
    write("one");
    await lose();
    await comeBack();
    expect(sent).toEqual([{ text: "one", to: null }]);
    expect(shown()).toEqual(["one: lost"]);
  });

  test("are not sent after the call", async () => {
    const { outbox, texts, shown, write, lose, comeBack } = setUp();
    write("one", "two");
    await lose();
    outbox.close();
    await comeBack();
    expect(texts()).toEqual(["one"]);
    expect(shown()).toEqual(["one", "two"]);
  });

  test("are bounded", () => {
    const { write } = setUp();
    const added = write(...Array.from({ length: 101 }, () => "x"));
    expect(added.filter(Boolean)).toHaveLength(100);
    expect(added.at(-1)).toBe(false);
  });
});

describe("after a reload", () => {
  test("what was not sent is there, and is sent when its writer says so, under the same id", async () => {
    const before = setUp();
    before.write("one", "two");
    await before.answer();
    await before.lose();
    const { outbox, sent, shown, id, write, answer } = setUp();
    expect(shown()).toEqual(["two: closed"]);
    write("three");
    outbox.retry(id("two"));
    await answer();
    await answer();
    expect(sent.map(({ text }) => text)).toEqual(["three", "two"]);
    expect(sent[1]?.client_id).toBe(before.sent[1]?.client_id);
    expect(stored.size).toBe(0);
  });

  test("what had arrived all the same is not there", () => {
    const before = setUp();
    before.write("one", "two");
    const said = chatMessage(1, { mine: true, client_id: before.id("one") });
    expect(setUp(["client_id"], [said]).shown()).toEqual(["two: closed"]);
  });

  test("what is stored and makes no sense is left alone", () => {
    stored.set("milanio.unsent.p", "{");
    expect(setUp().shown()).toEqual([]);
  });
});
