import { describe, expect, test, vi } from "vitest";
import { type Assignment, planSlots, SlotTable, type Wanted } from "../../src/client/slots";

const want = (publication: string, height = 300, priority = 10): Wanted => ({ publication, height, priority });

function shown(assignments: ReadonlyMap<string, Assignment>): Record<string, string | null> {
  return Object.fromEntries([...assignments].map(([slot, { publication }]) => [slot, publication]));
}

function plan(before: Record<string, Wanted | null>, wanted: Wanted[]) {
  const current = new Map(
    Object.entries(before).map(([slot, wish]) => [
      slot,
      { slot, ...(wish ?? { publication: null, height: 0, priority: 0 }) },
    ]),
  );
  return planSlots(current, Object.keys(before), wanted);
}

describe("the plan", () => {
  test("gives free slots in order of importance", () => {
    const { assignments, missing } = plan({ s8: null, s9: null, s10: null }, [want("a"), want("b")]);
    expect(shown(assignments)).toEqual({ s8: "a", s9: "b", s10: null });
    expect(missing).toBe(0);
  });

  test("leaves a publication in its slot whatever the order of wishes", () => {
    const { assignments } = plan({ s8: want("a"), s9: want("b"), s10: null }, [want("c"), want("b"), want("a")]);
    expect(shown(assignments)).toEqual({ s8: "a", s9: "b", s10: "c" });
  });

  test("empties a slot that nobody wants", () => {
    const { assignments } = plan({ s8: want("a"), s9: want("b") }, [want("b")]);
    expect(assignments.get("s8")).toEqual({ slot: "s8", publication: null, height: 0, priority: 0 });
  });

  test("keeps what is hidden in its slot, at height 0, and gives it none anew", () => {
    const { assignments } = plan({ s8: want("a"), s9: null }, [want("a", 0), want("b", 0)]);
    expect(assignments.get("s8")).toMatchObject({ publication: "a", height: 0 });
    expect(assignments.get("s9")).toMatchObject({ publication: null });
  });

  test("takes slots of the hidden only when free ones are used up", () => {
    const before = { s8: want("a"), s9: want("b"), s10: null };
    const { assignments, missing } = plan(before, [want("c"), want("d"), want("a", 0), want("b", 0)]);
    expect(shown(assignments)).toEqual({ s8: "d", s9: "b", s10: "c" });
    expect(missing).toBe(0);
  });

  test("counts the visible that found no slot", () => {
    const { assignments, missing } = plan({ s8: want("a") }, [want("a"), want("b"), want("c"), want("d", 0)]);
    expect(shown(assignments)).toEqual({ s8: "a" });
    expect(missing).toBe(2);
  });
});

describe("the table", () => {
  function setUp() {
    const watch = vi.fn<(slots: Assignment[]) => Promise<unknown>>(() => Promise.resolve());
    const grow = vi.fn();
    return { table: new SlotTable({ watch, grow }), watch, grow };
  }

  test("tells as soon as it has both slots and wishes, in one message", () => {
    const { table, watch } = setUp();
    table.setWanted([want("a"), want("b")]);
    expect(watch).not.toHaveBeenCalled();
    table.setSlots(["8", "9", "10"]);
    expect(watch).toHaveBeenCalledExactlyOnceWith([
      { slot: "8", publication: "a", height: 300, priority: 10 },
      { slot: "9", publication: "b", height: 300, priority: 10 },
    ]);
  });

  test("sends differences only, and nothing where there are none", () => {
    const { table, watch } = setUp();
    table.setSlots(["8", "9"]);
    table.setWanted([want("a"), want("b")]);
    watch.mockClear();
    table.setWanted([want("b"), want("a")]);
    expect(watch).not.toHaveBeenCalled();
    table.setWanted([want("a", 600), want("b")]);
    expect(watch).toHaveBeenCalledExactlyOnceWith([{ slot: "8", publication: "a", height: 600, priority: 10 }]);
  });

  test("tells of a publication that is gone", () => {
    const { table, watch } = setUp();
    table.setSlots(["8"]);
    table.setWanted([want("a")]);
    watch.mockClear();
    table.setWanted([]);
    expect(watch).toHaveBeenCalledExactlyOnceWith([{ slot: "8", publication: null, height: 0, priority: 0 }]);
  });

  test("asks for more slots where the visible do not fit, and uses them when they come", () => {
    const { table, watch, grow } = setUp();
    table.setSlots(["8"]);
    table.setWanted([want("a"), want("b"), want("c")]);
    expect(grow).toHaveBeenCalledExactlyOnceWith(2);
    watch.mockClear();
    table.setSlots(["8", "20", "21"]);
    expect(watch).toHaveBeenCalledExactlyOnceWith([
      { slot: "20", publication: "b", height: 300, priority: 10 },
      { slot: "21", publication: "c", height: 300, priority: 10 },
    ]);
  });

  test("tells again what may not have been heard", async () => {
    const { table, watch } = setUp();
    table.setSlots(["8", "9"]);
    watch.mockRejectedValueOnce(new Error("lost"));
    table.setWanted([want("a")]);
    await Promise.resolve();
    await Promise.resolve();
    watch.mockClear();
    table.update();
    expect(watch).toHaveBeenCalledExactlyOnceWith([{ slot: "8", publication: "a", height: 300, priority: 10 }]);
    watch.mockClear();
    table.update();
    expect(watch).not.toHaveBeenCalled();
  });

  test("starts anew after a reset, with the same wishes", () => {
    const { table, watch } = setUp();
    table.setSlots(["8"]);
    table.setWanted([want("a")]);
    table.reset();
    watch.mockClear();
    table.setSlots(["8"]);
    expect(watch).toHaveBeenCalledOnce();
  });

  test("never puts more than 64 slots in a message", () => {
    const { table, watch } = setUp();
    table.setSlots(Array.from({ length: 70 }, (_, index) => `${index}`));
    table.setWanted(Array.from({ length: 70 }, (_, index) => want(`p${index}`)));
    expect(watch.mock.calls.map(([slots]) => slots.length)).toEqual([64, 6]);
  });
});
