import { describe, expect, test } from "vitest";
import { addressOf, findReceiver, receiverKey, receivers, senderOf } from "../../src/client/receiver";
import { fromWelcome } from "../../src/client/state";
import { chatMessage, participant, welcome } from "../fakes/messages";

const person = (id: string, name: string, key: string, guest = true) => ({
  ...participant(id, name),
  person: key,
  guest,
});
const room = (...participants: ReturnType<typeof person>[]) =>
  fromWelcome(welcome({ you: person("me", "Me", "mine"), participants }));
const BEN = { person: "ben", id: "b1", name: "Ben" };

describe("a receiver", () => {
  test("is found under another id after a reload, a rejoin, or on another device", () => {
    expect(findReceiver(room(person("b1", "Ben", "ben")), BEN)?.id).toBe("b1");
    expect(findReceiver(room(person("b2", "Ben", "ben")), BEN)?.id).toBe("b2");
    expect(findReceiver(room(person("b2", "Ben", "ben"), person("b3", "Ben", "ben")), BEN)?.id).toBe("b3");
  });

  test("who has left is nobody, also where another has the same name", () => {
    expect(findReceiver(room(), BEN)).toBeUndefined();
    expect(findReceiver(room(person("b2", "Ben", "other")), BEN)).toBeUndefined();
  });

  test("is not oneself in another tab, nor a guest of another name at the same browser", () => {
    expect(findReceiver(room(), { ...BEN, person: "mine" })).toBeUndefined();
    expect(findReceiver(room(), { ...BEN, id: "me" })).toBeUndefined();
    expect(findReceiver(room(person("b2", "Cleo", "ben")), BEN)).toBeUndefined();
    expect(findReceiver(room(person("b2", "Ben II", "ben", false)), BEN)?.name).toBe("Ben II");
  });

  test("of whom an older server tells no more than the id is known by that alone", () => {
    const old = { person: "", id: "b1", name: "Ben" };
    expect(findReceiver(room(person("b1", "Ben", "")), old)?.id).toBe("b1");
    expect(findReceiver(room(person("b2", "Ben", "")), old)).toBeUndefined();
  });
});

test("everyone can be chosen once, on however many devices", () => {
  const state = room(person("b1", "Ben", "ben"), person("b2", "Ben", "ben"), person("c", "Cleo", "ben"));
  expect(receivers(state).map(({ id }) => id)).toEqual(["b1", "c"]);
  expect(new Set(receivers(state).map(receiverKey)).size).toBe(2);
  const old = room(person("b1", "Ben", ""), person("b2", "Ben", ""));
  expect(receivers(old).map(({ id }) => id)).toEqual(["b1", "b2"]);
});

test("a message is addressed to the person, and to the participant where that says more", () => {
  expect(addressOf(room(person("b1", "Ben", "ben"), person("b2", "Ben", "ben")), "b1")).toBe("ben");
  expect(addressOf(room(person("b1", "Ben", "ben"), person("c", "Cleo", "ben")), "b1")).toBe("b1");
  expect(addressOf(room(person("b1", "Ben", "")), "b1")).toBe("b1");
  expect(addressOf(room(person("b1", "Ben", "mine")), "b1")).toBe("mine");
  expect(addressOf(room(), "b1")).toBe("b1");
});

test("the sender of a message is known after they have left", () => {
  const message = chatMessage(1, { sender: "", sender_person: "ben", sender_name: "Ben" });
  expect(findReceiver(room(person("b2", "Ben", "ben")), senderOf(message))?.id).toBe("b2");
});
