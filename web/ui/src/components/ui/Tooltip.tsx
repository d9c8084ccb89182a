import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";

export const TooltipProvider = Radix.Provider;

interface TooltipProps {
  text: string;
  side?: "top" | "bottom" | "left" | "right";
  /** One element that can be focused, and that has a name of its own. */
  children: ReactNode;
}

/** Shows the name of a button of which only a picture is seen. */
export function Tooltip({ text, side = "top", children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger
        asChild
        onFocus={(event) => {
          // When the focus comes back to it from a dialog that was closed by touch or mouse, nothing is to be shown.
          if (!event.currentTarget.matches(":focus-visible")) event.preventDefault();
        }}
      >
        {children}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={8}
          collisionPadding={8}
          className="z-60 max-w-64 animate-fade-in rounded-lg bg-text px-2.5 py-1.5 text-[13px] font-medium text-page shadow-float"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
