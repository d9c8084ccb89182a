"""Limits of a load test, such as `joins.p95_s>1`: what must not be so, by the paths of the report's figures."""

import difflib
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from signaling.loadtest.columns import Column, columns, value
from signaling.loadtest.figures import Figures
from signaling.loadtest.report import COLUMNS, Report, Verdict

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM = re.compile(r"\s*([^<>=!]*?)\s*(<=|>=|==|!=|<|>)\s*(.*?)\s*")
_OF_GROUPS = columns(Figures)


class LimitError(ValueError):
    """A limit that can't be; `args[0]` is one line that says what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What must not be so."""

    text: str
    path: str
    operator: str
    number: float

    def judge(self, report: Report) -> Verdict:
        """Whether it is crossed. It is, too, where the figure wasn't measured: a script must not take that for good."""
        found = value(report, self.path)
        crossed = found is None or _OPERATORS[self.operator](found, self.number)
        return Verdict(limit=self.text, value=found, crossed=crossed)


def parse(text: str, groups: Sequence[str] = ()) -> Limit:
    """Read a limit; `groups` are those of the scenario. Raises `LimitError`."""
    parts = _FORM.fullmatch(text)
    if parts is None:
        raise LimitError(
            f"{text!r} is no limit; write a path, one of {' '.join(_OPERATORS)}, and a number: joins.p95_s>1"
        )
    path, sign, written = parts.groups()
    column = _column(path, groups)
    number = _number(written)
    if column.unit == "share" and (not 0 <= number <= 1 or (sign, number) == (">", 1)):
        raise LimitError(f"{text!r} means nothing: {path} is a share from 0 to 1; write 0.01 or 1% for one percent")
    return Limit(f"{path}{sign}{written}", path, sign, number)


def _number(written: str) -> float:
    digits, percent = (written[:-1], 100) if written.endswith("%") else (written, 1)
    try:
        number = float(digits) / percent
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise LimitError(f"{written!r} is no number; allowed are such as 1, 0.05 and 5%")
    return number


def _column(path: str, groups: Sequence[str]) -> Column:
    known, rest, prefix = COLUMNS, path, ""
    if path.startswith("groups."):
        group, _, rest = path.removeprefix("groups.").partition(".")
        if group not in groups:
            raise LimitError(f"there is no group {group!r}; the groups are {', '.join(groups) or 'not named'}")
        known, prefix = _OF_GROUPS, f"groups.{group}."
    column = known.get(rest)
    if column is not None and not column.keys:
        return column
    by_name, _, key = rest.rpartition(".")
    keyed = known.get(by_name)
    if keyed is not None and keyed.keys and key:
        return keyed
    if column is not None:
        raise LimitError(f"{path!r} has a number for each {column.keys}; write {path}.{column.keys}")
    near = difflib.get_close_matches(rest, known, n=3, cutoff=0.5) or ["joins.p95_s", "loss", "freezes"]
    raise LimitError(
        f"{path!r} is no figure of a report; there is {', '.join(prefix + each for each in near)} and others,"
        " all in docs/loadtest.md"
    )


def judge(report: Report, limits: Sequence[Limit]) -> Report:
    """The report with a verdict on each limit."""
    return report.model_copy(update={"limits": tuple(limit.judge(report) for limit in limits)})


def told(verdict: Verdict) -> str:
    """A verdict in a line."""
    if verdict.value is None:
        return f"{verdict.limit}: can't be judged, as it wasn't measured; counts as crossed"
    return f"{verdict.limit}: {'crossed' if verdict.crossed else 'kept'}, it is {verdict.value:g}"
