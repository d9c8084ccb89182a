// @vitest-environment happy-dom
import { act, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { TileNotice } from "../../src/components/call/TileNotice";
import de from "../../src/i18n/de/call.json";
import en from "../../src/i18n/en/call.json";
import { callParts } from "../fakes/FakeCall";
import "../fakes/rendering";

test("a tile says that the connection or the server is too slow for its video, as long as it is", () => {
  const { call, wrapper } = callParts();
  const { rerender } = render(<TileNotice publication="a.camera" lost={false} />, { wrapper });
  const tell = (why: "bandwidth" | "overload" | "hidden" | null): void =>
    act(() => call.event({ type: "slot", slot: "4", publication: "a.camera", paused: why !== null, why }));
  expect(screen.queryByRole("paragraph")).toBeNull();
  tell("hidden");
  expect(screen.queryByRole("paragraph")).toBeNull();
  tell("bandwidth");
  expect(screen.getByRole("paragraph").textContent).toMatch(new RegExp(`${en.tile.tooSlow}|tile.tooSlow`));
  tell("overload");
  expect(screen.getByRole("paragraph").textContent).toMatch(new RegExp(`${en.tile.overload}|tile.overload`));
  rerender(<TileNotice publication="a.camera" lost />);
  expect(screen.getByRole("paragraph").textContent).toMatch(new RegExp(`${en.tile.lost}|tile.lost`));
  rerender(<TileNotice publication="a.camera" lost={false} />);
  tell(null);
  expect(screen.queryByRole("paragraph")).toBeNull();
});

test("it says so in each language", () => {
  expect(en.tile.tooSlow).toContain("too slow");
  expect(de.tile.tooSlow).toContain("zu langsam");
  expect(en.tile.overload).toContain("at its limit");
  expect(de.tile.overload).toContain("ausgelastet");
});
