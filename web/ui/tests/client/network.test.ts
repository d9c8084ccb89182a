import { afterEach, expect, test, vi } from "vitest";
import { watchNetwork } from "../../src/client/network";

afterEach(() => {
  vi.unstubAllGlobals();
});

function setUp(type?: string) {
  const window = new EventTarget();
  const connection = type === undefined ? undefined : Object.assign(new EventTarget(), { type });
  vi.stubGlobal("window", window);
  vi.stubGlobal("navigator", { connection });
  const changed = vi.fn();
  return { window, connection, changed, stop: watchNetwork(changed) };
}

test("the network that goes and comes is told, in browsers that know no more than that", () => {
  const { window, changed } = setUp();
  window.dispatchEvent(new Event("offline"));
  window.dispatchEvent(new Event("online"));
  expect(changed).toHaveBeenCalledTimes(2);
});

test("another kind of network is told once, a new estimate of its speed is not", () => {
  const { connection, changed } = setUp("wifi");
  connection?.dispatchEvent(new Event("change"));
  expect(changed).not.toHaveBeenCalled();
  Object.assign(connection ?? {}, { type: "cellular" });
  connection?.dispatchEvent(new Event("change"));
  connection?.dispatchEvent(new Event("change"));
  expect(changed).toHaveBeenCalledOnce();
  Object.assign(connection ?? {}, { type: "wifi" });
  connection?.dispatchEvent(new Event("change"));
  expect(changed).toHaveBeenCalledTimes(2);
});

test("nothing is told after the end", () => {
  const { window, connection, changed, stop } = setUp("wifi");
  stop();
  window.dispatchEvent(new Event("offline"));
  window.dispatchEvent(new Event("online"));
  Object.assign(connection ?? {}, { type: "cellular" });
  connection?.dispatchEvent(new Event("change"));
  expect(changed).not.toHaveBeenCalled();
});
