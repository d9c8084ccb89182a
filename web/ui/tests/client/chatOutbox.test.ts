import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChatOutbox, type OutgoingChat } from "../../src/client/chatOutbox";
import { RequestError, type RequestErrorCode } from "../../src/client/signaling";

/** A connection that the test makes work or fail: answers are given in the order of the requests. */
function setUp(features = ["client_id"]) {
  const sent: OutgoingChat[] = [];
  const answers: { resolve: () => void; fail: (code: RequestErrorCode) => void }[] = [];
  let connected = true;
  const outbox = new ChatOutbox((chat) => {
    if (!connected) return Promise.reject(new RequestError("lost", ""));
    sent.push(chat);
    return new Promise<void>((resolve, reject) => {
      answers.push({ resolve, fail: (code) => reject(new RequestError(code, "")) });
    });
  });
  outbox.connected(features);
  const settle = () => vi.advanceTimersByTimeAsync(0);
  return {
    outbox,
    sent,
    texts: () => sent.map(({ text }) => text),
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

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("chat messages on their way", () => {
  test("go one after the other, each with an id of its own", async () => {
    const { outbox, sent, texts, answer } = setUp();
    const first = outbox.add("one", null);
    const second = outbox.add("two", "b");
    expect(texts()).toEqual(["one"]);
    await answer();
    await expect(first).resolves.toBeUndefined();
    expect(sent[1]).toMatchObject({ text: "two", to: "b" });
    await answer();
    await expect(second).resolves.toBeUndefined();
    const ids = sent.map(({ client_id }) => client_id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  test("are sent again in order when the connection is back, under the same ids", async () => {
    const { outbox, sent, texts, answer, lose, comeBack } = setUp();
    const all = ["one", "two", "three"].map((text) => outbox.add(text, null));
    await answer();
    await lose();
    const late = outbox.add("four", null);
    await comeBack();
    await answer();
    await lose();
    await comeBack();
    await answer();
    await answer();
    await Promise.all([...all, late]);
    expect(texts()).toEqual(["one", "two", "two", "three", "three", "four"]);
    expect(sent[1]?.client_id).toBe(sent[2]?.client_id);
    expect(sent[3]?.client_id).toBe(sent[4]?.client_id);
  });

  test("wait for a new session too", async () => {
    const { outbox, texts, answer, lose, comeBack } = setUp();
    await lose();
    const written = outbox.add("one", null);
    await comeBack();
    outbox.connected(["client_id"]);
    await answer();
    await expect(written).resolves.toBeUndefined();
    expect(texts()).toEqual(["one"]);
  });

  test("are sent again at once when the server did not answer in time", async () => {
    const { outbox, texts, answer } = setUp();
    const written = outbox.add("one", null);
    await answer("timeout");
    await answer();
    await expect(written).resolves.toBeUndefined();
    expect(texts()).toEqual(["one", "one"]);
  });

  test("that are refused are given back, and hold up nothing", async () => {
    const { outbox, texts, answer } = setUp();
    const refused = expect(outbox.add("one", null)).rejects.toMatchObject({ code: "too_many" });
    const second = outbox.add("two", null);
    await answer("too_many");
    await refused;
    await answer();
    await expect(second).resolves.toBeUndefined();
    expect(texts()).toEqual(["one", "two"]);
  });

  test("are not sent twice to a server that would not know", async () => {
    const { outbox, sent, lose, comeBack } = setUp([]);
    const lost = expect(outbox.add("one", null)).rejects.toMatchObject({ code: "lost" });
    await lose();
    await lost;
    await comeBack();
    expect(sent).toEqual([{ text: "one", to: null }]);
  });

  test("are given back when the call is over", async () => {
    const { outbox, lose } = setUp();
    const all = [outbox.add("one", null), outbox.add("two", null)].map((one) =>
      expect(one).rejects.toMatchObject({ code: "lost" }),
    );
    await lose();
    outbox.close();
    await Promise.all(all);
  });

  test("are bounded", async () => {
    const { outbox } = setUp();
    const waiting = Array.from({ length: 100 }, () => outbox.add("x", null));
    await expect(outbox.add("one more", null)).rejects.toMatchObject({ code: "too_many" });
    outbox.close();
    await Promise.allSettled(waiting);
  });
});
