// @vitest-environment happy-dom
import { act, renderHook } from "@testing-library/react";
import type { FocusEvent } from "react";
import type { Swiper } from "swiper";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeMediaQueries, LESS_MOTION } from "../fakes/FakeMediaQuery";
import "../fakes/rendering";

let queries: FakeMediaQueries;
beforeEach(() => {
  // What the person wants of motion is looked up once, when the module is loaded.
  vi.resetModules();
  queries = new FakeMediaQueries();
  queries.install();
});

/** A row of pictures that says whether it goes on by itself. */
class FakeSwiper {
  running = true;
  readonly autoplay = {
    start: () => {
      this.running = true;
    },
    stop: () => {
      this.running = false;
    },
  };
  readonly slidePrev = vi.fn();
  readonly slideNext = vi.fn();
}

async function setUp() {
  const { useCarousel } = await import("../../src/hooks/useCarousel");
  const { result } = renderHook(useCarousel);
  const attach = (): FakeSwiper => {
    const swiper = new FakeSwiper();
    act(() => result.current.attach(swiper as unknown as Swiper));
    return swiper;
  };
  const does = (what: "onPointerEnter" | "onPointerLeave" | "onBlur") => act(() => result.current.holders[what]());
  const focuses = (byKeyboard: boolean) => {
    const target = { matches: (selector: string) => selector === ":focus-visible" && byKeyboard };
    act(() => result.current.holders.onFocus({ target } as unknown as FocusEvent));
  };
  return { carousel: () => result.current, attach, does, focuses, toggle: () => act(() => result.current.toggle()) };
}

describe("a row of pictures", () => {
  test("stands still while somebody points at it", async () => {
    const { attach, does } = await setUp();
    const swiper = attach();
    does("onPointerEnter");
    expect(swiper.running).toBe(false);
    does("onPointerLeave");
    expect(swiper.running).toBe(true);
  });

  test("stands still while somebody is in it with the keyboard", async () => {
    const { attach, does, focuses } = await setUp();
    const swiper = attach();
    focuses(true);
    expect(swiper.running).toBe(false);
    does("onPointerEnter");
    does("onPointerLeave");
    expect(swiper.running).toBe(false);
    does("onBlur");
    expect(swiper.running).toBe(true);
  });

  test("stops and goes on at a touch, which points at nothing afterwards", async () => {
    const { attach, does, focuses, toggle } = await setUp();
    const swiper = attach();
    for (const running of [false, true]) {
      does("onPointerEnter");
      does("onPointerLeave");
      focuses(false);
      toggle();
      expect(swiper.running).toBe(running);
    }
  });

  test("never goes on by itself where less motion is wanted, also from now on", async () => {
    const { carousel, attach, does } = await setUp();
    const swiper = attach();
    act(() => queries.turn(LESS_MOTION, true));
    expect(carousel().calm).toBe(true);
    does("onPointerEnter");
    does("onPointerLeave");
    expect(swiper.running).toBe(false);
  });

  test("goes where the person wants it", async () => {
    const { carousel, attach } = await setUp();
    carousel().next();
    const swiper = attach();
    carousel().next();
    carousel().previous();
    expect([swiper.slideNext.mock.calls.length, swiper.slidePrev.mock.calls.length]).toEqual([1, 1]);
  });
});

describe("a row of pictures that was stopped", () => {
  test("does not go on by itself until the person wants it", async () => {
    const { carousel, attach, does, focuses, toggle } = await setUp();
    const swiper = attach();
    does("onPointerEnter");
    toggle();
    expect(carousel().stopped).toBe(true);
    does("onPointerLeave");
    focuses(true);
    does("onBlur");
    expect(swiper.running).toBe(false);
    does("onPointerEnter");
    toggle();
    expect(swiper.running).toBe(false);
    does("onPointerLeave");
    expect(swiper.running).toBe(true);
  });

  test("stays so in another language, in which it is made anew", async () => {
    const { attach, toggle } = await setUp();
    attach();
    toggle();
    expect(attach().running).toBe(false);
  });
});
