// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { pathOf } from "../../src/lib/base";

test("paths of the server are below the folder that the document names", async () => {
  expect(pathOf("/api/config")).toBe("/api/config");
  vi.resetModules();
  document.head.innerHTML = '<meta name="milanio-base" content="/meet" />';
  const moved = await import("../../src/lib/base");
  expect(moved.BASE).toBe("/meet");
  expect(moved.pathOf("/api/config")).toBe("/meet/api/config");
});

test("whole addresses stay as they are", () => {
  expect(pathOf("wss://example.org/ws", "/meet")).toBe("wss://example.org/ws");
  expect(pathOf("//example.org/ws", "/meet")).toBe("//example.org/ws");
  expect(pathOf("data:image/png;base64,AA", "/meet")).toBe("data:image/png;base64,AA");
});
