import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, Ref } from "react";
import { cn } from "../../lib/cn";
import { Tooltip } from "./Tooltip";

/** active: what it would end is going on; off: something that others expect is not. */
export type IconButtonLook = "plain" | "ghost" | "active" | "off" | "danger";

const LOOKS: Record<IconButtonLook, string> = {
  plain: "bg-raised text-text hover:bg-line",
  ghost: "text-quiet hover:bg-raised hover:text-text",
  active: "bg-accent text-on-accent hover:bg-accent-strong",
  off: "bg-danger-soft text-danger hover:bg-danger hover:text-on-danger",
  danger: "bg-danger text-on-danger hover:bg-danger-strong",
};

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children" | "className"> {
  icon: LucideIcon;
  /** The accessible name, also shown by the pointer and the focus. */
  label: string;
  /** For a button whose label stays the same while what it stands for is on or off. */
  pressed?: boolean;
  look?: IconButtonLook;
  size?: "md" | "lg";
  /** A small number in the corner; 0: none. It must be told in the label too. */
  badge?: number;
  tooltipSide?: "top" | "bottom" | "left" | "right";
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({
  icon: Icon,
  label,
  pressed,
  look = "plain",
  size = "md",
  badge = 0,
  tooltipSide = "top",
  type = "button",
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label} side={tooltipSide}>
      <button
        type={type}
        aria-label={label}
        aria-pressed={pressed}
        // The tooltip repeats the name: it need not be read out twice.
        aria-describedby={undefined}
        className={cn(
          "relative inline-flex shrink-0 items-center justify-center rounded-full transition-[background-color,color,transform] duration-150",
          "active:scale-95 disabled:pointer-events-none disabled:opacity-45",
          size === "lg" ? "size-13" : "size-11",
          LOOKS[pressed ? "active" : look],
        )}
        {...rest}
      >
        <Icon aria-hidden size={size === "lg" ? 24 : 21} />
        {badge > 0 && (
          <span
            aria-hidden
            className="absolute -top-0.5 -right-0.5 min-w-5 rounded-full bg-danger px-1.5 text-center text-xs leading-5 font-semibold text-on-danger"
          >
            {badge > 99 ? "99+" : badge}
          </span>
        )}
      </button>
    </Tooltip>
  );
}
