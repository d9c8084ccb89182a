// @vitest-environment happy-dom
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { Part } from "../../src/components/Part";
import "../fakes/rendering";

let broken = true;

function Fragile() {
  if (broken) throw new Error("stumbled");
  return <p>whole again</p>;
}

test("a part that fails says so in its place, and can be tried again; the rest goes on", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  render(
    <>
      <p>the rest</p>
      <Part element="li" className="place">
        <Fragile />
      </Part>
    </>,
  );
  const notice = screen.getByRole("alert");
  expect(notice.parentElement?.className).toContain("place");
  expect(notice.parentElement?.tagName).toBe("LI");
  fireEvent.click(screen.getByRole("button"));
  expect(screen.queryByText("whole again")).toBeNull();
  broken = false;
  fireEvent.click(screen.getByRole("button"));
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.getByText("whole again").tagName).toBe("P");
  expect(screen.getByText("the rest").tagName).toBe("P");
});
