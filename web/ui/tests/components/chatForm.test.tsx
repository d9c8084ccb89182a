// @vitest-environment happy-dom
import { act, fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { ChatForm } from "../../src/components/call/ChatForm";
import { TooltipProvider } from "../../src/components/ui/Tooltip";
import { callParts } from "../fakes/FakeCall";
import { give } from "../fakes/rendering";

function setUp() {
  give(window, { matchMedia: () => ({ matches: false }) });
  const { call, ui, wrapper: Wrapper } = callParts();
  render(
    <Wrapper>
      <TooltipProvider>
        <ChatForm />
      </TooltipProvider>
    </Wrapper>,
  );
  const field = screen.getByRole<HTMLTextAreaElement>("textbox");
  return {
    call,
    ui,
    field,
    /** Typed or pasted. */
    put: (value: string) => void fireEvent.change(field, { target: { value } }),
    enter: (properties: object = {}) => void fireEvent.keyDown(field, { key: "Enter", ...properties }),
    sent: () => call.sendChat.mock.calls.map(([text]) => text),
  };
}

test("Enter sends; with Shift it begins a line", () => {
  const { put, enter, sent, field } = setUp();
  put("hello");
  enter({ shiftKey: true });
  expect(sent()).toEqual([]);
  enter();
  expect(sent()).toEqual(["hello"]);
  expect(field.value).toBe("");
});

describe("Enter that takes a suggestion of an input method sends nothing", () => {
  test("in the order of Chromium and Firefox", () => {
    const { put, enter, sent, field } = setUp();
    fireEvent.compositionStart(field);
    put("にほん");
    enter({ isComposing: true, keyCode: 229 });
    fireEvent.compositionEnd(field, { data: "日本" });
    expect(sent()).toEqual([]);
  });

  test("in Safari's, where the composition has ended before", () => {
    const { put, enter, sent, field } = setUp();
    fireEvent.compositionStart(field);
    put("日本");
    fireEvent.compositionEnd(field, { data: "日本" });
    enter({ isComposing: false, keyCode: 229 });
    expect(sent()).toEqual([]);
    enter({ keyCode: 13 });
    expect(sent()).toEqual(["日本"]);
  });
});

describe("a text that is too long", () => {
  const long = "x".repeat(3999) + "👍🏽";

  test("stays whole, is not sent, and it is said by how much", () => {
    const { put, enter, sent, field } = setUp();
    put(long);
    enter();
    expect(sent()).toEqual([]);
    expect(field.value).toBe(long);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByRole("alert").textContent).toBe("chat.tooLong");
    put("👍".repeat(4000));
    expect(screen.queryByRole("alert")).toBeNull();
    enter();
    expect(sent()).toEqual(["👍".repeat(4000)]);
  });

  test("is told of before: what is left is counted when it is little", () => {
    const { put } = setUp();
    put("x".repeat(3799));
    expect(screen.queryByText("chat.left")).toBeNull();
    put("x".repeat(3801));
    expect(screen.getByText("chat.left").tagName).toBe("P");
  });
});

test("a long paste goes where the cursor is, whole", () => {
  const { put, field } = setUp();
  put("[here]");
  field.setSelectionRange(1, 5);
  const pasted = "line\n".repeat(20_000);
  const handled = !fireEvent.paste(field, { clipboardData: { getData: () => pasted } });
  expect(handled).toBe(true);
  expect(field.value).toBe(`[${pasted}]`);
  expect(fireEvent.paste(field, { clipboardData: { getData: () => "short" } })).toBe(true);
});

test("what can't be taken stays in the field, and it is said why", () => {
  const { call, put, enter, field } = setUp();
  call.sendChat.mockReturnValue(false);
  put("hello");
  enter();
  expect(field.value).toBe("hello");
  expect(screen.getByRole("alert").textContent).toBe("chat.waiting");
});

test("nothing but blanks is no message", () => {
  const { ui, put, enter, sent } = setUp();
  put(" \n");
  enter();
  act(() => ui.write("\u0000"));
  enter();
  expect(sent()).toEqual([]);
});
