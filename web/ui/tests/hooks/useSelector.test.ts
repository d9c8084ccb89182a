// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { Store } from "../../src/client/store";
import { sameFields, sameItems, useSelector } from "../../src/hooks/useSelector";
import "../fakes/rendering";

interface State {
  one: number;
  other: number;
}

type Select = (state: State) => unknown;

function setUp(select: Select, same?: (one: never, other: never) => boolean) {
  const store = new Store<State>({ one: 1, other: 1 });
  let drawn = 0;
  const { result, rerender, unmount } = renderHook(
    (props: { select: Select; store: Store<State> }) => {
      drawn++;
      return useSelector(props.store, props.select, same as (one: unknown, other: unknown) => boolean);
    },
    { initialProps: { select, store } },
  );
  return { store, selected: () => result.current, drawn: () => drawn, rerender, unmount };
}

test("only a change of the selected part draws anew", () => {
  const { store, selected, drawn } = setUp(({ one }) => one);
  act(() => store.update({ other: 2 }));
  expect(drawn()).toBe(1);
  act(() => store.update({ one: 2 }));
  expect([selected(), drawn()]).toEqual([2, 2]);
});

test("a selection that makes a new object stays the same one while its fields are the same", () => {
  const select = ({ one }: State) => ({ double: one * 2 });
  const { store, selected, drawn } = setUp(select, sameFields);
  const before = selected();
  act(() => store.update({ other: 2 }));
  expect([selected(), drawn()]).toEqual([before, 1]);
  expect(selected()).toBe(before);
  act(() => store.update({ one: 2 }));
  expect(selected()).toEqual({ double: 4 });
});

test("another selection, or another store, counts at once", () => {
  const { store, selected, rerender } = setUp(({ one }) => one);
  act(() => store.update({ other: 7 }));
  rerender({ store, select: ({ other }) => other });
  expect(selected()).toBe(7);
  const next = new Store<State>({ one: 0, other: 9 });
  rerender({ store: next, select: ({ other }) => other });
  expect(selected()).toBe(9);
  act(() => store.update({ other: 8 }));
  expect(selected()).toBe(9);
  act(() => next.update({ other: 10 }));
  expect(selected()).toBe(10);
});

test("nothing is selected after the end", () => {
  let selections = 0;
  const { store, unmount } = setUp(() => ++selections > 0);
  unmount();
  const before = selections;
  store.update({ one: 2 });
  expect(selections).toBe(before);
});

describe("what is the same one level deep", () => {
  test("has the same fields with the same values", () => {
    const list: number[] = [];
    expect(sameFields({ a: NaN, list }, { a: NaN, list })).toBe(true);
    expect(sameFields({ list: [1] }, { list: [1] })).toBe(false);
    expect(sameFields<object>({ a: 1 }, { a: 1, b: 1 })).toBe(false);
  });

  test("or, of lists, the same items in the same order", () => {
    expect(sameItems([{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 2 }])).toBe(true);
    expect(sameItems([{ a: 1 }, { a: 2 }], [{ a: 2 }, { a: 1 }])).toBe(false);
    expect(sameItems([{ a: 1 }], [{ a: 1 }, { a: 2 }])).toBe(false);
    expect(sameItems([], [])).toBe(true);
  });
});
