import { pathOf } from "../../lib/base";
import { cn } from "../../lib/cn";
import { AVATAR_COLOURS, initials, nameColour } from "../names";

interface AvatarProps {
  name: string;
  /** "#rrggbb"; left out: one that the name gives. */
  colour?: string | null;
  /** Address of a picture. */
  picture?: string | null;
  /** In pixels; "fill": as wide as what it is in, a square. */
  size?: number | "fill";
  className?: string;
}

/** A person's picture, or the first letters of the name on a colour. The name itself is to be seen beside it. */
export function Avatar({ name, colour, picture, size = 40, className }: AvatarProps) {
  const background = colour ?? AVATAR_COLOURS[nameColour(name)];
  const measures = size === "fill" ? {} : { width: size, height: size, fontSize: size * 0.4 };
  return (
    <span
      aria-hidden
      className={cn(
        "grid aspect-square shrink-0 place-items-center overflow-hidden rounded-full font-semibold select-none",
        size === "fill" && "w-full",
        className,
      )}
      style={{ ...measures, background, color: textOn(background) }}
    >
      {picture ? (
        <img src={pathOf(picture)} alt="" className="size-full object-cover" draggable={false} />
      ) : (
        initials(name)
      )}
    </span>
  );
}

/** White or near-black, whichever is read better on the colour. */
function textOn(colour = "#000000"): string {
  const channels = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const [r = 0, g = 0, b = 0] = channels;
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return luminance > 0.179 ? "#10201c" : "#ffffff";
}
