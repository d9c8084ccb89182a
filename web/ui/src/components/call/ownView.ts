import type { TFunction } from "i18next";
import type { OwnView } from "../../client/preferences";

/** The ways in which one's own picture can be shown to oneself. */
export const ownViewOptions = (t: TFunction<"call">): readonly { value: OwnView; label: string }[] => [
  { value: "auto", label: t("own.auto") },
  { value: "tile", label: t("own.tile") },
  { value: "floating", label: t("own.float") },
  { value: "hidden", label: t("own.hide") },
];
