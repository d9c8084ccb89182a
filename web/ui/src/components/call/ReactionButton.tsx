import { Smile } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Call } from "../../client/call";
import { useCallParts } from "../../hooks/useCallContext";
import { notify } from "../../notices/notices";
import { IconButton } from "../ui/IconButton";
import { Popover } from "../ui/Popover";
import { failureText } from "./failure";

export const REACTIONS = [
  ["👍", "thumbs"],
  ["👏", "applause"],
  ["❤️", "heart"],
  ["😂", "laughter"],
  ["😮", "surprise"],
  ["🎉", "party"],
] as const;

function useReact(): (emoji: string) => void {
  const { t } = useTranslation("call");
  const { call }: { call: Call } = useCallParts();
  return (emoji) => {
    call.react(emoji).catch((error: unknown) => notify(failureText(error, t), { kind: "bad" }));
  };
}

/** Reactions stay open: who applauds does so more than once. */
export function ReactionButton() {
  const { t } = useTranslation("call");
  const [open, setOpen] = useState(false);
  const react = useReact();
  return (
    <Popover
      label={t("reactions.label")}
      side="top"
      open={open}
      onOpenChange={setOpen}
      trigger={<IconButton icon={Smile} label={t("reactions.button")} look={open ? "active" : "plain"} size="lg" />}
    >
      <div role="group" aria-label={t("reactions.label")} className="flex gap-1">
        {REACTIONS.map(([emoji, name]) => (
          <button
            key={name}
            type="button"
            className="emoji-button"
            aria-label={t(`reactions.${name}`)}
            onClick={() => react(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
    </Popover>
  );
}

/** The same inside a menu. */
export function ReactionRow() {
  const { t } = useTranslation("call");
  const react = useReact();
  return (
    <Radix.Group aria-label={t("reactions.label")} className="flex justify-between">
      {REACTIONS.map(([emoji, name]) => (
        <Radix.Item
          key={name}
          className="emoji-button"
          aria-label={t(`reactions.${name}`)}
          onSelect={() => react(emoji)}
        >
          {emoji}
        </Radix.Item>
      ))}
    </Radix.Group>
  );
}
