"""Plots of a timeline as SVG: lines, or bars for what is counted, small and readable in light and dark.

Colours and fonts are those of the page around them, by the classes `s0` and `s1` (series), `grid`, `measured`, `axis`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from signaling.loadtest.columns import Unit, shown, symbol

WIDTH, HEIGHT = 420, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 10, 26
"""Room around the lines, for the numbers."""

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time; None where there is none."""

    name: str
    values: Values

    @property
    def most(self) -> float | None:
        """The largest value."""
        return max((each for each in self.values if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class Plot:
    """One or two series of one unit, at the same times (seconds)."""

    title: str
    unit: Unit
    at: Sequence[float]
    series: Sequence[Series]
    bars: bool = False
    """For counts of each moment; of one series only."""
    measured: tuple[float, float] | None = None
    """From when to when the test was measured, seconds."""

    def svg(self) -> str:
        """The drawing; empty where there are no values."""
        most = max((each.most for each in self.series if each.most is not None), default=None)
        if most is None:
            return ""
        return "".join(self._parts(_Axes(self._span(), ticks(most))))

    def _span(self) -> float:
        return max([*self.at, 1.0]) + (self.at[1] - self.at[0] if self.bars and len(self.at) > 1 else 0.0)

    def _parts(self, axes: "_Axes") -> Iterator[str]:
        said = "; ".join(f"{each.name} at most {shown(each.most, self.unit)}" for each in self.series)
        label = escape(f"{self.title} over {axes.span:.0f} seconds: {said} {symbol(self.unit)}".rstrip())
        yield f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        if self.measured is not None:
            left, right = (axes.x(min(each, axes.span)) for each in self.measured)
            yield (
                f'<rect class="measured" x="{left:.1f}" y="{_TOP}" width="{max(0.0, right - left):.1f}"'
                f' height="{HEIGHT - _TOP - _BOTTOM}"/>'
            )
        yield from axes.drawn(self.unit)
        for number, each in enumerate(self.series):
            yield from self._bars(axes, each) if self.bars else self._line(axes, each, number)
        yield "</svg>"

    def _bars(self, axes: "_Axes", series: Series) -> Iterator[str]:
        step = self.at[1] - self.at[0] if len(self.at) > 1 else 1.0
        width = max(1.0, (axes.x(step) - axes.x(0)) * 0.8)
        for at, number in zip(self.at, series.values, strict=True):
            if number:
                top = axes.y(number)
                yield (
                    f'<rect class="bar s0" x="{axes.x(at):.1f}" y="{top:.1f}" width="{width:.1f}"'
                    f' height="{axes.y(0) - top:.1f}"/>'
                )

    def _line(self, axes: "_Axes", series: Series, number: int) -> Iterator[str]:
        for stretch in stretches(self.at, series.values):
            points = [f"{axes.x(at):.1f},{axes.y(value):.1f}" for at, value in stretch]
            if len(points) == 1:
                x, _, y = points[0].partition(",")
                yield f'<circle class="dot s{number}" cx="{x}" cy="{y}" r="2"/>'
            else:
                yield f'<polyline class="line s{number}" points="{" ".join(points)}"/>'


@dataclass(frozen=True, slots=True)
class _Axes:
    span: float
    """Seconds from the left to the right."""
    marks: Sequence[float]
    """Values with a line, from 0 up; the last one is at the top."""

    def x(self, at: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * at / self.span

    def y(self, number: float) -> float:
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * number / self.marks[-1]

    def drawn(self, unit: Unit) -> Iterator[str]:
        for mark in self.marks:
            y = self.y(mark)
            yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            yield f'<text class="axis" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{brief(mark, unit)}</text>'
        for at in times(self.span):
            anchor = "start" if not at else "middle"
            x = self.x(at)
            yield f'<text class="axis" x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{clock(at)}</text>'


def stretches(at: Sequence[float], values: Values) -> Iterator[list[tuple[float, float]]]:
    """Points between which nothing is missing, with their times."""
    stretch: list[tuple[float, float]] = []
    for time, number in zip(at, values, strict=True):
        if number is not None:
            stretch.append((time, number))
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def ticks(most: float) -> list[float]:
    """Three to six round numbers from 0 to `most` or a little above."""
    if most <= 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(most))
    step = next(each * power for each in (0.2, 0.5, 1.0, 2.0) if each * power * 5 >= most * (1 - 1e-9))
    count = max(1, math.ceil(most / step - 1e-9))
    return [float(f"{step * number:.6g}") for number in range(count + 1)]


def times(span: float) -> list[float]:
    """Round times from 0 to `span` seconds, four to eight."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
    step = next((each for each in steps if span / each <= 7), steps[-1])
    return [float(step * number) for number in range(int(span / step) + 1)]


def clock(at: float) -> str:
    """A time on the axis: `45 s`, `2 min`, `1:30 min`, `3 h`, `1:30 h`."""
    for unit, seconds in (("h", 3600), ("min", 60)):
        if at >= seconds:
            whole, rest = divmod(round(at), seconds)
            minor = rest * 60 // seconds
            return f"{whole}:{minor:02} {unit}" if minor else f"{whole} {unit}"
    return f"{at:.0f} s"


def brief(number: float, unit: Unit) -> str:
    """A number on the axis: `40k`, `1.5M`, `0.2`; shares as percent."""
    if unit == "share":
        return f"{float(f'{number * 100:.6g}'):g}%"
    for letter, size in (("M", 1e6), ("k", 1e4)):
        if number >= size:
            return f"{number / (1e3 if letter == 'k' else 1e6):g}{letter}"
    return f"{number:g}"
