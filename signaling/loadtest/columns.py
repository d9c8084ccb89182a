"""Columns of a report, each declared once: what tables, pages, JSON and documents say of a figure.

A model's field has its `Column` among its annotations. So has a field that holds quantiles: it says what they are of.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

Unit = Literal["", "share", "s", "ms", "µs", "kbit/s", "MB", "/s", "/min", "/h", "cores"]
"""`share`: a number from 0 to 1, which people are shown as percent."""

Better = Literal["less", "more", ""]

_SMALLEST = 0.001
"""Shown as such; what is less is shown as less than that."""


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of the report."""

    title: str
    """For the head of a table; short."""
    unit: Unit
    meaning: str
    """One line: what is counted, from when to when, and of what a share is a share."""
    better: Better = "less"
    """Which way is good; empty where it depends."""
    keys: str = ""
    """Where the field holds a number for each of several names: what those are."""

    quantile: bool = False
    """It only says which quantile it is; what of is said by the column of the model's field."""

    def under(self, parent: "Column | None") -> "Column":
        """The same, told in full."""
        if parent is None or not self.quantile:
            return self
        meaning = f"{parent.meaning}: {self.meaning}"
        return replace(self, title=f"{parent.title}, {self.title}", meaning=meaning, better=parent.better)


def columns(model: type[BaseModel]) -> dict[str, Column]:
    """All columns of a model by their paths, such as `joins.p95_s`, in the order of its fields."""
    return dict(_walk(model, "", None))


def _walk(model: type[BaseModel], prefix: str, above: Column | None) -> Iterator[tuple[str, Column]]:
    for name, field in model.model_fields.items():
        column = next((each for each in field.metadata if isinstance(each, Column)), None)
        column = column.under(above) if column is not None else above
        inner = _inner(field.annotation)
        if inner is not None:
            yield from _walk(inner, f"{prefix}{name}.", column)
        elif column is not None:
            yield f"{prefix}{name}", column


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, which may be optional. Models in dictionaries are no part of it."""
    if get_origin(annotation) is dict:
        return None
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def value(model: BaseModel, path: str) -> float | None:
    """The number at a path; None where nothing was measured. Raises `KeyError` where there is no such number."""
    found: Any = model
    for name in path.split("."):
        if found is None:
            return None
        if isinstance(found, dict):
            # A code or reason that didn't occur.
            found = found.get(name, 0)
        elif isinstance(found, BaseModel) and name in type(found).model_fields:
            found = getattr(found, name)
        else:
            raise KeyError(path)
    if found is None or isinstance(found, int | float):
        return found
    raise KeyError(path)


def shown(number: float | None, unit: Unit = "") -> str:
    """A figure for a reader, without its unit: counts whole, others to three significant digits, shares as percent."""
    if number is None:
        return "–"
    if unit == "share":
        number *= 100
    if isinstance(number, int) or abs(number) >= 100:
        return f"{number:,.0f}"
    if 0 < abs(number) < _SMALLEST:
        return f"<{_SMALLEST}"
    return f"{number:.3g}"


def symbol(unit: Unit) -> str:
    """How a unit is written."""
    return "%" if unit == "share" else unit
