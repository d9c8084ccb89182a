import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { Link } from "wouter";
import { cn } from "../../lib/cn";
import { Spinner } from "./Spinner";

export type ButtonLook = "primary" | "secondary" | "ghost" | "danger";
export type ButtonSize = "md" | "lg";

const LOOKS: Record<ButtonLook, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "border border-line bg-surface text-text hover:border-edge hover:bg-raised",
  ghost: "text-text hover:bg-raised",
  danger: "bg-danger text-on-danger hover:bg-danger-strong",
};

const SIZES: Record<ButtonSize, string> = { md: "min-h-11 px-4 text-[15px]", lg: "min-h-12 px-6 text-base" };

function look(kind: ButtonLook, size: ButtonSize, wide: boolean): string {
  return cn(
    "relative inline-flex items-center justify-center gap-2 rounded-control font-semibold whitespace-nowrap select-none",
    "transition-[background-color,border-color,transform] duration-150 active:scale-[0.98]",
    "disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-50",
    LOOKS[kind],
    SIZES[size],
    wide && "w-full",
  );
}

interface Common {
  look?: ButtonLook;
  size?: ButtonSize;
  /** As wide as what it is in. */
  wide?: boolean;
  icon?: LucideIcon;
  children: ReactNode;
}

interface ButtonProps extends Common, Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children" | "className"> {
  /** What it started is under way: it turns, and cannot be pressed again. Its name stays. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({
  look: kind = "secondary",
  size = "md",
  wide = false,
  icon: Icon,
  busy = false,
  type = "button",
  disabled,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button type={type} className={look(kind, size, wide)} disabled={disabled ?? busy} aria-busy={busy} {...rest}>
      {busy ? <Spinner size={18} /> : Icon && <Icon aria-hidden size={size === "lg" ? 20 : 18} />}
      {children}
    </button>
  );
}

/** A link that looks like a button. */
export function ButtonLink({
  href,
  look: kind = "secondary",
  size = "md",
  wide = false,
  icon: Icon,
  children,
}: Common & { href: string }) {
  return (
    <Link href={href} className={look(kind, size, wide)}>
      {Icon && <Icon aria-hidden size={size === "lg" ? 20 : 18} />}
      {children}
    </Link>
  );
}
