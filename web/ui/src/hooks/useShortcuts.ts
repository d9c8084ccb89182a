import { useEffect } from "react";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { screenAvailable } from "../client/devices";
import { PushToTalk } from "../client/pushToTalk";
import { findParticipant } from "../client/state";
import { notify } from "../notices/notices";
import type { CallParts } from "./useCallContext";
import { toggleFullScreen } from "./useFullScreen";

/** Where letters are letters. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input:not([type=checkbox], [type=range]), textarea, select");
}

/** What the space bar presses by itself. */
function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, a, summary, [role=menuitem], [role=switch]") !== null;
}

type Parts = Pick<CallParts, "call" | "media" | "ui">;

/** Keys that do things, as far as the person wants that, and the space bar to talk. */
export function useShortcuts(parts: Parts): void {
  const { t } = useTranslation("call");
  useEffect(() => {
    const { call, media, ui } = parts;
    const talk = new PushToTalk(media);
    const onKeyDown = (event: KeyboardEvent): void => {
      const { pushToTalk, shortcuts } = media.preferences.getSnapshot();
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      // Behind a dialog nothing happens.
      if (ui.getSnapshot().window !== null || document.querySelector('[role="dialog"], [role="menu"]') !== null) return;
      if (event.key === " ") {
        if (!pushToTalk || !call.getSnapshot().rights.publish || isPressable(event.target)) return;
        event.preventDefault();
        if (!event.repeat) talk.press();
      } else if (shortcuts && !event.repeat && press(event.key, parts, t)) {
        event.preventDefault();
      }
    };
    const onKeyUp = (event: KeyboardEvent): void => {
      if (event.key === " ") talk.release();
    };
    // The key may be let go in another window, which tells nothing.
    const onBlur = (): void => talk.release();
    window.addEventListener("keydown", onKeyDown);
    window.addEventListener("keyup", onKeyUp);
    window.addEventListener("blur", onBlur);
    return () => {
      talk.release();
      window.removeEventListener("keydown", onKeyDown);
      window.removeEventListener("keyup", onKeyUp);
      window.removeEventListener("blur", onBlur);
    };
  }, [parts, t]);
}

/** Returns whether the key does something. */
function press(key: string, { call, media, ui }: Parts, t: TFunction<"call">): boolean {
  const state = call.getSnapshot();
  const { microphone, camera, screen } = media.getSnapshot();
  const { publish } = state.rights;
  const actions: Readonly<Record<string, () => void>> = {
    m: () => publish && void media.setMicrophone(!microphone.on),
    v: () => publish && void media.setCamera(!camera.on),
    s: () => {
      if (!publish || !screenAvailable()) return;
      if (screen === null) void media.startScreen();
      else media.stopScreen();
    },
    h: () => {
      const raised = findParticipant(state, state.you)?.hand ?? false;
      call.raiseHand(!raised).catch(() => notify(t("failure.other"), { kind: "bad" }));
    },
    c: () => ui.togglePanel("chat"),
    p: () => ui.togglePanel("people"),
    i: () => ui.togglePanel("details"),
    l: () => {
      const next = { auto: "grid", grid: "speaker", speaker: "auto" } as const;
      const { preferences } = media;
      const layout = next[preferences.getSnapshot().layout];
      preferences.update({ layout });
      notify(t("notice.layout", { layout: t(`layout.${layout}`) }));
    },
    f: toggleFullScreen,
    ",": () => ui.open("settings"),
    "?": () => ui.open("shortcuts"),
    ArrowLeft: () => ui.turn(-1),
    ArrowRight: () => ui.turn(1),
    Escape: () => ui.closePanel(),
  };
  const action = actions[key.length === 1 ? key.toLowerCase() : key];
  action?.();
  return action !== undefined;
}
