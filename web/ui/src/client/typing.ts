/** Without a key for so long, in milliseconds, nobody is in the middle of a word any more. */
const PAUSE_MS = 1000;

const TEXT =
  "textarea, select, iframe, object, embed, [role=textbox], [role=searchbox], [role=combobox], [role=listbox], " +
  "[role=spinbutton], input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=submit], " +
  "[type=reset], [type=image], [type=file], [type=color])";

/** Whether letters that are typed there mean themselves. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || document.designMode === "on" || target.matches(TEXT);
}

/**
 * Whether somebody is typing, so that letters are no commands: in a field, or on their way to one that was taken from
 * under their hands, as a host turns the chat off or a panel closes.
 */
export class Typing {
  private last = -Infinity;

  /** Tells of every key that is pressed without Ctrl, Alt or ⌘; `now` in milliseconds. */
  press(key: string, target: EventTarget | null, now: number): boolean {
    const writes = key.length === 1;
    const typing = takesText(target) || (writes && now - this.last < PAUSE_MS);
    // Enter, Escape and Tab end what was typed.
    this.last = typing && writes ? now : -Infinity;
    return typing;
  }

  /** Whoever points at something else has stopped typing. */
  end(): void {
    this.last = -Infinity;
  }
}
