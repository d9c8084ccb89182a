import { useMemo } from "react";
import { encode } from "uqr";

interface QrCodeProps {
  text: string;
  /** What it is, for people who cannot see it. */
  label: string;
}

/** A code for a phone's camera. Always dark on white: not every camera reads the other way round. */
export function QrCode({ text, label }: QrCodeProps) {
  const { path, size } = useMemo(() => draw(text), [text]);
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      className="aspect-square w-full rounded-2xl bg-white p-1"
      shapeRendering="crispEdges"
    >
      <path d={path} fill="#10201c" />
    </svg>
  );
}

/** The dark modules as one path, a row's neighbours as one stroke. */
function draw(text: string): { path: string; size: number } {
  const { data, size } = encode(text, { ecc: "M", border: 3 });
  const parts: string[] = [];
  data.forEach((row, y) => {
    row.forEach((dark, x) => {
      if (dark) parts.push(`M${x} ${y}h1v1h-1z`);
    });
  });
  return { path: parts.join(""), size };
}
