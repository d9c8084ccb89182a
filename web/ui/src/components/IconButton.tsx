import type { LucideIcon } from "lucide-react";

interface IconButtonProps {
  icon: LucideIcon;
  /** The accessible name, also shown by the pointer. */
  label: string;
  onClick: () => void;
  pressed?: boolean;
  look?: "plain" | "off" | "danger";
  /** A small number in the corner; 0: none. */
  badge?: number;
  disabled?: boolean;
}

export function IconButton({
  icon: Icon,
  label,
  onClick,
  pressed,
  look = "plain",
  badge = 0,
  disabled,
}: IconButtonProps) {
  return (
    <button
      type="button"
      className={`icon-button icon-button-${look}`}
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      onClick={onClick}
      disabled={disabled}
    >
      <Icon aria-hidden="true" size={22} />
      {badge > 0 && (
        <span className="badge" aria-hidden="true">
          {badge}
        </span>
      )}
    </button>
  );
}
