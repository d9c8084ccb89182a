import type { TFunction } from "i18next";
import { pathOf } from "../../lib/base";
import { notify } from "../../notices/notices";

export function roomLink(code: string): string {
  return location.origin + pathOf(`/r/${code}`);
}

/** Puts the room's link where it can be pasted; where the browser does not let a page do that, shows it. */
export async function copyLink(code: string, t: TFunction<"call">): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(roomLink(code));
    notify(t("invite.copied"), { kind: "good" });
    return true;
  } catch {
    notify(t("invite.shown", { link: roomLink(code) }), { lasts: 15_000 });
    return false;
  }
}
