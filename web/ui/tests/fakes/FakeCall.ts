import { createElement, type PropsWithChildren } from "react";
import { vi } from "vitest";
import type { EventListener } from "../../src/client/call";
import { CallView } from "../../src/client/callView";
import { type DeviceReplaced, type MediaState, NO_MEDIA } from "../../src/client/media";
import { Preferences } from "../../src/client/preferences";
import type { EventBody } from "../../src/client/signaling";
import { applyEvent, type CallState, fromWelcome } from "../../src/client/state";
import { Store } from "../../src/client/store";
import { CallContext, type CallParts } from "../../src/hooks/useCallContext";
import { participant, welcome } from "./messages";

/** A call without a server: the test says what happens in it. */
export class FakeCall extends Store<CallState> {
  readonly raiseHand = vi.fn<(raised: boolean) => Promise<void>>(() => Promise.resolve());
  readonly moderate = vi.fn(() => Promise.resolve());
  readonly hearMyself = vi.fn<(speaking: boolean) => void>();
  readonly sendChat = vi.fn<(text: string, to: string | null) => boolean>(() => true);
  private readonly eventListeners = new Set<EventListener>();

  constructor(
    state = fromWelcome(
      welcome({ you: participant("me", "Me"), participants: [participant("a", "Ada"), participant("b", "Ben")] }),
    ),
  ) {
    super(state);
  }

  onEvent(listener: EventListener): () => void {
    this.eventListeners.add(listener);
    return () => {
      this.eventListeners.delete(listener);
    };
  }

  /** The server says something. */
  event(event: EventBody): void {
    const before = this.getSnapshot();
    this.set(applyEvent(before, event, performance.now()));
    for (const listener of [...this.eventListeners]) listener(event, before);
  }
}

/** Devices that do what they are told. */
export class FakeMedia extends Store<MediaState> {
  readonly preferences = new Preferences(null);
  private readonly replacedListeners = new Set<(event: DeviceReplaced) => void>();

  constructor() {
    super(NO_MEDIA);
  }

  readonly setMicrophone = vi.fn((on: boolean): Promise<void> => {
    this.change("microphone", { on });
    return Promise.resolve();
  });
  readonly setCamera = vi.fn((on: boolean): Promise<void> => {
    this.change("camera", { on });
    return Promise.resolve();
  });
  readonly startScreen = vi.fn(() => Promise.resolve(true));
  readonly stopScreen = vi.fn();

  change(kind: "microphone" | "camera", change: Partial<MediaState["microphone"]>): void {
    this.update({ [kind]: { ...this.getSnapshot()[kind], ...change } });
  }

  onReplaced(listener: (event: DeviceReplaced) => void): () => void {
    this.replacedListeners.add(listener);
    return () => {
      this.replacedListeners.delete(listener);
    };
  }

  replace(event: DeviceReplaced): void {
    for (const listener of this.replacedListeners) listener(event);
  }
}

/** What a call's components share, and something to draw a hook in that wants it. */
export function callParts() {
  const call = new FakeCall();
  const media = new FakeMedia();
  const ui = new CallView();
  const parts = { call, media, ui } as unknown as CallParts;
  const wrapper = ({ children }: PropsWithChildren) => createElement(CallContext, { value: parts }, children);
  return { call, media, ui, parts, wrapper };
}
