import { useTranslation } from "react-i18next";

interface Line {
  name: string;
  look: "sent" | "received";
  /** Oldest first; null: not known. */
  values: readonly (number | null)[];
}

interface PlotProps {
  title: string;
  unit: string;
  lines: readonly Line[];
  /** How many values the width holds. */
  most: number;
  /** The top of the plot is at least this. */
  least?: number;
}

const WIDTH = 300;
const HEIGHT = 72;

/** How something went lately, as lines; the newest value in figures. */
export function Plot({ title, unit, lines, most, least = 0.1 }: PlotProps) {
  const { t, i18n } = useTranslation("call");
  const known = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  const top = roundUp(Math.max(least, ...known));
  const figure = (value: number | null | undefined): string =>
    value === null || value === undefined
      ? "–"
      : `${value.toLocaleString(i18n.language, { maximumSignificantDigits: value < 100 ? 2 : 3 })} ${unit}`;
  return (
    <figure className="m-0">
      <figcaption className="mb-1.5 flex flex-wrap items-baseline gap-x-4 text-sm">
        <span className="w-full font-semibold">{title}</span>
        {lines.map(({ name, look, values }) => (
          <span key={look} className="flex items-center gap-1.5 tabular-nums">
            {lines.length > 1 && <span className={`plot-key plot-${look}`} aria-hidden />}
            {lines.length > 1 && <span className="text-quiet">{name}</span>}
            <strong>{figure(values[values.length - 1])}</strong>
          </span>
        ))}
      </figcaption>
      <div className="relative">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          className="plot"
          role="img"
          aria-label={t("details.plot", { title, top: figure(top) })}
          preserveAspectRatio="none"
        >
          {[0.25, 0.5, 0.75].map((share) => (
            <line key={share} x1="0" x2={WIDTH} y1={HEIGHT * share} y2={HEIGHT * share} className="plot-grid" />
          ))}
          {lines.map(({ look, values }) => (
            <path key={look} d={pathOf(values, most, top)} className={`plot-line plot-${look}`} />
          ))}
        </svg>
        <span aria-hidden className="absolute top-1 left-2 text-xs text-quiet tabular-nums">
          {figure(top)}
        </span>
      </div>
    </figure>
  );
}

/** A line through all that is known, the newest at the right edge; a gap where nothing is. */
export function pathOf(values: readonly (number | null)[], most: number, top: number): string {
  const step = WIDTH / (most - 1);
  let path = "";
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const x = WIDTH - (values.length - 1 - index) * step;
    const y = HEIGHT - 1 - (Math.min(value, top) / top) * (HEIGHT - 2);
    path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    drawing = true;
  });
  return path;
}

/** The next of 1, 2, 5, 10, 20 … so that the scale seldom changes. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((step) => step * power >= value * 0.999) ?? 10) * power;
}
