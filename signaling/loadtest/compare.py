"""What changed between load tests, with the spread of repeated runs: `--compare A1.json,A2.json B1.json,B2.json`.

A figure has changed where no run of one side reached a value of the other side, and the medians differ by more than
histograms resolve. With one run on a side nothing is known of its spread, and changes are only shown.
"""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import median
from typing import Any, Literal, Self

from signaling.loadtest.columns import Column, columns, shown, symbol, value
from signaling.loadtest.figures import Figures
from signaling.loadtest.report import COLUMNS, Report
from signaling.loadtest.scenario import Scenario
from signaling.loadtest.stats import STEP

MIN_CHANGE = STEP - 1
"""Of the median before: neighbouring values of a histogram are so far apart."""

_MOST_NAMED = 5
"""Settings."""

_TIMES = 10
"""From there on a change is told as a factor."""

MAX_FILES = 100
"""On a side."""

HEADLINES = (
    "joins.share", "joins.p50_s", "joins.p95_s", "first_audio.p95_s", "first_frame.p95_s", "people.lost", "freezes",
    "frozen.share", "loss", "jitter_ms.p95", "delay_ms.p50", "delay_ms.p99", "bitrate.share", "layers.per_minute",
    "repairs.share", "signaling_ms.p95", "packets.per_s", "server.cpu_us_per_packet", "server.loop_lag_ms_p99",
    "server.memory_mb", "tester.cpu_us_per_packet",
)  # fmt: skip
"""Shown whether or not they changed; of the others those that did."""

Result = Literal["same", "better", "worse", "changed", "unknown"]


class CompareError(ValueError):
    """Files that can't be compared; `args[0]` is one line."""


@dataclass(frozen=True, slots=True)
class Runs:
    """A figure in several runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Of at least one run."""
        return cls(median(values), min(values), max(values))

    def shown(self, column: Column, *, several: bool) -> str:
        """Median, and the range of several runs."""
        middle, low, high = (shown(each, column.unit) for each in (self.median, self.low, self.high))
        return f"{middle} ({low} to {high})" if several and low != high else middle


@dataclass(frozen=True, slots=True)
class Change:
    """A figure on both sides; None where no run of a side measured it."""

    path: str
    column: Column
    before: Runs | None
    after: Runs | None
    result: Result
    """`unknown` where it differs, but one side has one run only or none."""

    @property
    def relative(self) -> str:
        """From median to median, for a reader."""
        if self.before is None or self.after is None:
            return ""
        old, new = self.before.median, self.after.median
        if old == new or (old and abs(new / old - 1) < 0.005):
            return "="
        if not old:
            return "from 0"
        return f"×{shown(new / old)}" if new / old >= _TIMES else f"{(new - old) / abs(old):+.0%}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures of both sides."""

    before: tuple[Report, ...]
    after: tuple[Report, ...]
    changes: tuple[Change, ...]

    @property
    def several(self) -> bool:
        """Whether the spread of both sides is known."""
        return min(len(self.before), len(self.after)) > 1


def load(names: str) -> list[Report]:
    """The reports of one side: file names separated by commas, with `*`, `?` and `[…]`. Raises `CompareError`."""
    reports = []
    for name in names.split(","):
        paths = sorted(glob.glob(name)) if glob.has_magic(name) and not Path(name).exists() else [name]
        if not paths:
            raise CompareError(f"{name!r} names no file")
        reports += [_read(Path(path)) for path in paths]
    if len(reports) > MAX_FILES:
        raise CompareError(f"{len(reports)} files on one side; at most {MAX_FILES} are allowed")
    return reports


def _read(path: Path) -> Report:
    try:
        return Report.from_json(path.read_bytes())
    except OSError as error:
        raise CompareError(f"{str(path)!r} can't be read: {error.strerror}") from None
    except ValueError as error:
        raise CompareError(f"{str(path)!r} is no report of a load test (--json writes them): {error}") from None


def compare(before: Sequence[Report], after: Sequence[Report]) -> Comparison:
    """Every figure of both sides, each of at least one report."""
    found = [_change(path, column, before, after) for path, column in COLUMNS.items() if not column.keys]
    groups = [name for name in before[0].groups if all(name in each.groups for each in (*before, *after))]
    if len(groups) > 1:
        for group in groups:
            for path, column in columns(Figures).items():
                if not column.keys:
                    found.append(_change(f"groups.{group}.{path}", column, before, after))
    return Comparison(tuple(before), tuple(after), tuple(found))


def _change(path: str, column: Column, before: Sequence[Report], after: Sequence[Report]) -> Change:
    olds, news = (
        [number for each in side if (number := value(each, path)) is not None] for side in (before, after)
    )  # fmt: skip
    old, new = (Runs.of(values) if values else None for values in (olds, news))
    return Change(path, column, old, new, _result(column, old, new, several=min(len(olds), len(news)) > 1))


def _result(column: Column, old: Runs | None, new: Runs | None, *, several: bool) -> Result:
    if old is None or new is None:
        return "same" if old is new else "unknown"
    apart = old.high < new.low or new.high < old.low
    if not apart or abs(new.median - old.median) <= MIN_CHANGE * abs(old.median):
        return "same"
    if not several:
        return "unknown"
    if not column.better:
        return "changed"
    return "better" if (new.median > old.median) == (column.better == "more") else "worse"


def text(comparison: Comparison) -> str:
    """For a terminal: the most important figures, and of the others those that changed."""
    lines = [f"before: {_named(comparison.before)}", f"after:  {_named(comparison.after)}"]
    lines += [f"! {line}" for line in warnings(comparison)]
    measured = [each for each in comparison.changes if each.before is not None or each.after is not None]
    first = sorted((each for each in measured if each.path in HEADLINES), key=lambda each: HEADLINES.index(each.path))
    kept = first + [each for each in measured if each.path not in HEADLINES and each.result != "same"]
    rows = [["", "before", "after", "change", ""]]
    for each in kept:
        sides = (
            runs.shown(each.column, several=comparison.several) if runs else "–" for runs in (each.before, each.after)
        )
        rows.append([_title(each), *sides, each.relative, _WORDS[each.result]])
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines.append("")
    for row in rows:
        figures = [cell.rjust(width) for cell, width in zip(row[1:4], widths[1:4], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *figures, row[4]]).rstrip())
    lines += ["", _conclusion(comparison)]
    return "\n".join(lines) + "\n"


_WORDS: dict[Result, str] = {
    "same": "", "better": "better", "worse": "worse", "changed": "changed", "unknown": "?",
}  # fmt: skip


def _title(change: Change) -> str:
    unit = symbol(change.column.unit)
    group = change.path.split(".")[1] if change.path.startswith("groups.") else ""
    return f"{f'{group}: ' if group else ''}{change.column.title}{f' ({unit})' if unit else ''}"


def _named(reports: Sequence[Report]) -> str:
    names = ", ".join(sorted({report.name for report in reports}))
    runs = "1 run" if len(reports) == 1 else f"{len(reports)} runs"
    return f"{names}, {runs}, {min(report.started for report in reports)}"


def warnings(comparison: Comparison) -> Iterator[str]:
    """What makes the comparison worth less."""
    both = (*comparison.before, *comparison.after)
    differences = list(dict.fromkeys(path for each in both for path in _differing(both[0], each)))
    if differences:
        more = f" and {len(differences) - _MOST_NAMED} more" if len(differences) > _MOST_NAMED else ""
        yield f"The tests aren't the same; there is another {', '.join(differences[:_MOST_NAMED])}{more}."
    limited = sum(each.tester.limited for each in both)
    if limited:
        yield f"In {limited} of {len(both)} runs the tester itself was the bottleneck."
    cut = sum(not each.window.complete for each in both)
    if cut:
        yield f"{cut} of {len(both)} runs ended before their time."
    if not comparison.several:
        yield "One run tells nothing of the spread: name several on each side, separated by commas."


def _differing(first: Report, second: Report) -> Iterator[str]:
    """Settings of the scenario that have other values; name and seed may differ."""
    one, other = _settings(first.scenario), _settings(second.scenario)
    return (path for path in (*one, *(each for each in other if each not in one)) if one.get(path) != other.get(path))


def _settings(scenario: Scenario) -> dict[str, Any]:
    """By path; those of a group by its name."""
    found: dict[str, Any] = {}

    def note(prefix: str, values: dict[str, Any]) -> None:
        for name, each in values.items():
            if isinstance(each, dict):
                note(f"{prefix}{name}.", each)
            else:
                found[f"{prefix}{name}"] = each

    note("", scenario.model_dump(exclude={"name", "seed", "groups"}))
    for group in scenario.groups:
        note(f"groups.{group.name}.", group.model_dump(exclude={"name"}))
    return found


def _conclusion(comparison: Comparison) -> str:
    known = [each for each in comparison.changes if each.before is not None and each.after is not None]
    counts = {result: sum(each.result == result for each in known) for result in _WORDS}
    if not comparison.several:
        return f"{counts['unknown']} of {len(known)} figures differ."
    before, after = len(comparison.before), len(comparison.after)
    chance = 2 / comb(before + after, before)
    return (
        f"Of {len(known)} figures {counts['better']} are better, {counts['worse']} worse, {counts['changed']} changed."
        f" With {before} and {after} runs, chance alone puts 1 of {1 / chance:.0f} figures apart."
    )
