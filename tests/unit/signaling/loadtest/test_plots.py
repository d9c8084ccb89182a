"""Plots: axes with round numbers, lines with gaps, and what a screen reader says of them."""

import re
from xml.etree import ElementTree

import pytest

from signaling.loadtest.columns import Unit
from signaling.loadtest.plots import HEIGHT, WIDTH, Plot, Series, brief, clock, stretches, ticks, times


@pytest.mark.parametrize(
    ("most", "wanted"),
    [
        (0, [0, 1]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.041, [0, 0.01, 0.02, 0.03, 0.04, 0.05]),
        (9, [0, 2, 4, 6, 8, 10]),
        (10, [0, 2, 4, 6, 8, 10]),
        (11, [0, 5, 10, 15]),
        (40_000, [0, 10_000, 20_000, 30_000, 40_000]),
        (100, [0, 20, 40, 60, 80, 100]),
    ],
)
def test_axes_have_round_numbers(most: float, wanted: list[float]) -> None:
    assert ticks(most) == pytest.approx(wanted)


@pytest.mark.parametrize(
    "most", [10**power * factor for power in range(-6, 9) for factor in (1, 1.3, 2, 4.999, 7, 9.99)]
)
def test_no_value_is_above_the_axis_and_lines_are_few(most: float) -> None:
    found = ticks(most)
    assert found[-1] >= most * (1 - 1e-6)
    assert found[-1] < most * 2
    assert 3 <= len(found) <= 7


@pytest.mark.parametrize("span", [1, 7, 36, 60, 90, 600, 3600, 7000, 86_400])
def test_times_are_few_and_inside(span: float) -> None:
    found = times(span)
    assert found[0] == 0
    assert found[-1] <= span
    assert 2 <= len(found) <= 8


@pytest.mark.parametrize(
    ("at", "wanted"), [(0, "0 s"), (45, "45 s"), (60, "1 min"), (90, "1:30 min"), (3600, "1 h"), (5400, "1:30 h")]
)
def test_times_on_the_axis(at: float, wanted: str) -> None:
    assert clock(at) == wanted


@pytest.mark.parametrize(
    ("number", "unit", "wanted"),
    [
        (0, "", "0"),
        (0.3, "s", "0.3"),
        (4000, "/s", "4000"),
        (40_000, "/s", "40k"),
        (1.5e6, "", "1.5M"),
        (0.15, "share", "15%"),
        (0.0006, "share", "0.06%"),
        (1, "share", "100%"),
    ],
)
def test_numbers_on_the_axis(number: float, unit: Unit, wanted: str) -> None:
    assert brief(number, unit) == wanted


def test_lines_end_where_values_are_missing() -> None:
    assert list(stretches([0, 1, 2, 3, 4], [None, 1, 2, None, 4])) == [[(1, 1), (2, 2)], [(4, 4)]]
    assert list(stretches([0, 1], [None, None])) == []


def drawn(plot: Plot) -> ElementTree.Element:
    return ElementTree.fromstring(plot.svg())


def test_lines_dots_and_what_was_measured() -> None:
    series = [Series("median", [1.0, 2.0, None, 3.0]), Series("p99", [2.0, 4.0, None, None])]
    root = drawn(Plot("delay", "ms", [0, 1, 2, 3], series, measured=(1, 3)))
    classes = [each.get("class") for each in root]
    assert classes.count("line s0") == classes.count("line s1") == 1
    assert classes.count("dot s0") == 1
    assert classes[0] == "measured"
    assert root.get("aria-label") == "delay over 3 seconds: median at most 3; p99 at most 4 ms"


def test_bars_stand_where_something_was_counted() -> None:
    root = drawn(Plot("freezes", "", [0, 10, 20], [Series("freezes", [0, 3, None])], bars=True))
    bars = [each for each in root if each.get("class") == "bar s0"]
    assert len(bars) == 1
    assert float(bars[0].get("x", "")) > 100


def test_everything_is_inside_the_picture() -> None:
    values = [float(number % 17) for number in range(600)]
    for bars in (False, True):
        text = Plot("x", "", [float(each) for each in range(600)], [Series("x", values)], bars=bars).svg()
        points = [
            (float(x), float(y))
            for points in re.findall(r'points="([^"]*)"', text)
            for x, y in (point.split(",") for point in points.split())
        ]
        points += [
            (float(x) + float(width), float(y))
            for x, y, width in re.findall(r'<rect class="bar s0" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', text)
        ]
        assert points
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_nothing_measured_is_no_plot() -> None:
    assert Plot("x", "", [0, 1], [Series("x", [None, None])]).svg() == ""
    assert Plot("x", "", [], []).svg() == ""


def test_names_cannot_break_out() -> None:
    text = Plot('"><script>', "", [0, 1], [Series("<b>", [1, 2])]).svg()
    assert "<script>" not in text
    assert "<b>" not in text
