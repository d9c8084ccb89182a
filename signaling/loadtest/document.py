"""The tables of `docs/loadtest.md`: shipped scenarios, settings of a scenario with their flags, figures of the report.

`python -m signaling.loadtest.document` writes them; with `--check` it exits with 1 where they are not current.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from signaling import generated
from signaling.loadtest.allowed import allowed
from signaling.loadtest.columns import Column, symbol
from signaling.loadtest.flags import FLAGS, PEOPLE_FLAGS
from signaling.loadtest.report import COLUMNS
from signaling.loadtest.scenario import Group, Network, Scenario
from signaling.loadtest.scenario_file import shipped

DOCUMENT = Path(__file__).parents[2] / "docs" / "loadtest.md"

_MODELS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("", Scenario),
    ("groups.", Group),
    ("groups.network.", Network),
)
_QUANTILES = ("p50", "p95", "p99")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def scenarios() -> str:
    """Those that come with Milanio."""
    lines = [_row("scenario", ""), "|---|---|"]
    lines += [_row(f"`{name}`", sentence) for name, sentence in shipped().items()]
    return "\n".join(lines)


def settings() -> str:
    """All that a scenario can say, with its flags."""
    flags = {(flag.model, flag.field): f"`{flag.name}`" for flag in FLAGS}
    flags[Group, "people"] = ", ".join(f"`--{name}`" for name in PEOPLE_FLAGS)
    lines = [_row("setting", "flag", "allowed", "default", ""), "|---|---|---|---|---|"]
    for prefix, model in _MODELS:
        for name, field in model.model_fields.items():
            if not _is_table(field):
                default = f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"
                meaning = field.description or ""
                lines.append(_row(f"`{prefix}{name}`", flags.get((model, name), ""), allowed(field), default, meaning))
    return "\n".join(lines)


def _is_table(field: FieldInfo) -> bool:
    kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
    return any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds)


def figures() -> str:
    """All figures of the report. Quantiles of one thing share a row."""
    lines = [_row("figure", "unit", "good", ""), "|---|---|---|---|"]
    for paths, column, meaning in _figures():
        names = [f"{paths[0]}.{column.keys}" if column.keys else paths[0]]
        names += [f".{path.rpartition('.')[2]}" for path in paths[1:]]
        lines.append(_row(", ".join(f"`{name}`" for name in names), _unit(column), column.better, meaning))
    return "\n".join(lines)


def _unit(column: Column) -> str:
    return "share, 0 to 1" if column.unit == "share" else symbol(column.unit)


def _figures() -> Iterator[tuple[list[str], Column, str]]:
    """Paths, the column of the first one, and what they mean."""
    paths = list(COLUMNS)
    for path in paths:
        column = COLUMNS[path]
        if not column.quantile:
            yield [path], column, column.meaning
        elif path.rpartition(".")[2].startswith(_QUANTILES[0]):
            parent = path.rpartition(".")[0]
            same = [each for each in paths if each.startswith(f"{parent}.") and COLUMNS[each].quantile]
            longest = same[-1].rpartition(".")[2] == "max_s"
            quantiles = "median, 95th percentile and longest" if longest else "median, 95th and 99th percentile"
            yield same, column, f"{column.meaning.rpartition(': ')[0]}: {quantiles}"


TABLES = {"scenarios": scenarios, "settings": settings, "figures": figures}


def document(text: str) -> str:
    """`docs/loadtest.md` with current tables."""
    for name, table in TABLES.items():
        text = generated.insert(text, table(), name)
    return text


def main(arguments: Iterable[str] | None = None) -> int:
    """Write or check the document."""
    return generated.main(lambda: {DOCUMENT: document(DOCUMENT.read_text("utf-8"))}, "docs/loadtest.md", arguments)


if __name__ == "__main__":
    sys.exit(main())
