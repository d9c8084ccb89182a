import type { SlotWatch } from "./protocol";

/** A tile's wish: this publication, at this height in physical pixels (0: hidden), this important. */
export interface Wanted {
  publication: string;
  height: number;
  priority: number;
}

export type Assignment = Required<SlotWatch>;

export interface SlotPlan {
  /** What every slot should show. */
  assignments: Map<string, Assignment>;
  /** How many visible tiles found no slot. */
  missing: number;
}

const MOST_SLOTS_IN_A_MESSAGE = 64;

/**
 * Decides which slot shows which publication. Pure: the same input gives the same plan.
 *
 * A publication stays in its slot as long as it is wanted, so that pictures do not jump. One that is hidden keeps a
 * slot only while no visible one needs it, and is given none anew.
 */
export function planSlots(
  current: ReadonlyMap<string, Assignment>,
  slots: readonly string[],
  wanted: readonly Wanted[],
): SlotPlan {
  const wishes = new Map(wanted.map((wish) => [wish.publication, wish]));
  const assignments = new Map<string, Assignment>();
  const placed = new Set<string>();
  for (const slot of slots) {
    const wish = wishes.get(current.get(slot)?.publication ?? "");
    const keep = wish !== undefined && !placed.has(wish.publication);
    assignments.set(slot, keep ? { slot, ...wish } : empty(slot));
    if (keep) placed.add(wish.publication);
  }
  const homeless = wanted.filter(({ publication, height }) => height > 0 && !placed.has(publication));
  const isFree = (slot: string): boolean => assignments.get(slot)?.publication === null;
  const isHidden = (slot: string): boolean => !isFree(slot) && assignments.get(slot)?.height === 0;
  const places = [...slots.filter(isFree), ...slots.filter(isHidden)];
  homeless.forEach((wish, index) => {
    const slot = places[index];
    if (slot !== undefined) assignments.set(slot, { slot, ...wish });
  });
  return { assignments, missing: Math.max(0, homeless.length - places.length) };
}

/** What of `wanted` the server has not been told: a slot that it has not heard of is empty. */
export function changedSlots(
  told: ReadonlyMap<string, Assignment>,
  wanted: ReadonlyMap<string, Assignment>,
): Assignment[] {
  return [...wanted.values()].filter((now) => !same(now, told.get(now.slot) ?? empty(now.slot)));
}

function same(one: Assignment, other: Assignment): boolean {
  return one.publication === other.publication && one.height === other.height && one.priority === other.priority;
}

function empty(slot: string): Assignment {
  return { slot, publication: null, height: 0, priority: 0 };
}

export interface SlotTableHandlers {
  /** Tells the server; rejects where it may not have heard. */
  watch: (slots: Assignment[]) => Promise<unknown>;
  /** Asks for so many more slots; `setSlots` follows when they are there. */
  grow: (missing: number) => void;
}

/** Keeps the server told of what each video slot should show. */
export class SlotTable {
  private slots: readonly string[] = [];
  private wanted: readonly Wanted[] = [];
  private assignments: ReadonlyMap<string, Assignment> = new Map();
  private readonly told = new Map<string, Assignment>();
  private readonly unsure = new Set<string>();

  constructor(private readonly handlers: SlotTableHandlers) {}

  setSlots(slots: readonly string[]): void {
    this.slots = slots;
    this.update();
  }

  setWanted(wanted: readonly Wanted[]): void {
    this.wanted = wanted;
    this.update();
  }

  /** A new connection: other slots, and the server has been told nothing. */
  reset(): void {
    this.slots = [];
    this.assignments = new Map();
    this.told.clear();
    this.unsure.clear();
  }

  /** Tells what has changed, and what the server may not have heard. */
  update(): void {
    if (this.slots.length === 0) return;
    const plan = planSlots(this.assignments, this.slots, this.wanted);
    this.assignments = plan.assignments;
    if (plan.missing > 0) this.handlers.grow(plan.missing);
    const changed = new Set(changedSlots(this.told, plan.assignments).map(({ slot }) => slot));
    const news = [...plan.assignments.values()].filter(({ slot }) => changed.has(slot) || this.unsure.has(slot));
    for (let start = 0; start < news.length; start += MOST_SLOTS_IN_A_MESSAGE) {
      this.tell(news.slice(start, start + MOST_SLOTS_IN_A_MESSAGE));
    }
  }

  private tell(news: Assignment[]): void {
    for (const assignment of news) {
      this.told.set(assignment.slot, assignment);
      this.unsure.delete(assignment.slot);
    }
    this.handlers.watch(news).catch(() => {
      for (const { slot } of news) if (this.told.has(slot)) this.unsure.add(slot);
    });
  }
}
