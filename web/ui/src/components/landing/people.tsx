/** People for the pictures of the landing page: plain shapes in the colours of the theme. */

export interface Look {
  skin: string;
  hair: string;
  shirt: string;
  /** Long hair falls behind the shoulders. */
  long?: boolean;
  /** What is behind them. */
  wall: string;
}

export const ADA: Look = { skin: "#f0c3a0", hair: "#3c2a24", shirt: "#0d6b5e", wall: "#cfe6de", long: true };
export const BEN: Look = { skin: "#8a5a3c", hair: "#1d1613", shirt: "#e88b58", wall: "#f3dcc9" };
export const CLEO: Look = { skin: "#d99e73", hair: "#6b3a1f", shirt: "#f1c15b", wall: "#d9dfc9", long: true };
export const DAN: Look = { skin: "#f5d0b5", hair: "#b9763c", shirt: "#3f6f8f", wall: "#cddbe3" };
export const EVA: Look = { skin: "#6e4630", hair: "#14100e", shirt: "#a5486b", wall: "#ecd3db", long: true };
export const FIN: Look = { skin: "#eab88f", hair: "#d9d4cc", shirt: "#5b7355", wall: "#dde3d2" };

interface TileProps {
  x: number;
  y: number;
  width: number;
  height: number;
  look: Look;
  speaking?: boolean;
  /** Corner radius. */
  radius?: number;
}

/** Somebody in a tile of a call. */
export function Tile({ x, y, width, height, look, speaking = false, radius = 12 }: TileProps) {
  const size = Math.min(width, height);
  return (
    <g>
      <rect x={x} y={y} width={width} height={height} rx={radius} fill={look.wall} />
      <svg x={x} y={y} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        <Bust x={width / 2} y={height} size={size * 0.8} look={look} />
      </svg>
      {speaking && (
        <rect
          className="animate-pulse"
          x={x}
          y={y}
          width={width}
          height={height}
          rx={radius}
          fill="none"
          stroke="var(--speaking)"
          strokeWidth="4"
        />
      )}
    </g>
  );
}

interface BustProps {
  /** The middle of the lower edge. */
  x: number;
  y: number;
  /** Height of head and shoulders. */
  size: number;
  look: Look;
}

export function Bust({ x, y, size, look }: BustProps) {
  const scale = size / 100;
  return (
    <g transform={`translate(${x} ${y}) scale(${scale})`}>
      {look.long && <path d="M-27-66a27 27 0 0 1 54 0v34q0 10-10 10h-34q-10 0-10-10z" fill={look.hair} />}
      <path d="M-48 2v-6q0-30 34-34h28q34 4 34 34v6z" fill={look.shirt} />
      <path d="M-10-50h20v14q-10 10-20 0z" fill={look.skin} />
      <circle cx="0" cy="-66" r="23" fill={look.skin} />
      <path d="M-25-64q-2-29 25-29t25 29q-9-3-14-12-10 12-36 12z" fill={look.hair} />
      <circle cx="-8" cy="-64" r="2.4" fill="#2a201c" />
      <circle cx="8" cy="-64" r="2.4" fill="#2a201c" />
      <path d="M-7-54q7 6 14 0" fill="none" stroke="#2a201c" strokeWidth="2.4" strokeLinecap="round" />
    </g>
  );
}
