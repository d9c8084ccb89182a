"""What a check has found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Something works worse than it could, or only for some people."""
    PROBLEM = "problem"
    """Something doesn't work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found, in one line each."""

    check: str
    level: Level
    text: str
    advice: str = ""
    """What to do about it; empty where nothing has to be done."""
    code: str = ""
    """Which of the check's sentences it is: the page has translations by check and code."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What is filled into text and advice."""


def ok(name: str, text: str, /, **values: str) -> Finding:
    """Nothing to do. `name`: check and code, such as `disk.full`; `text` has the `{names}` of the values."""
    return _made(name, Level.OK, text, "", values)


def warning(name: str, text: str, advice: str, /, **values: str) -> Finding:
    """Something that works worse than it could."""
    return _made(name, Level.WARNING, text, advice, values)


def problem(name: str, text: str, advice: str, /, **values: str) -> Finding:
    """Something that doesn't work."""
    return _made(name, Level.PROBLEM, text, advice, values)


def _made(name: str, level: Level, text: str, advice: str, values: Mapping[str, str]) -> Finding:
    check, _, code = name.partition(".")
    return Finding(check, level, text.format_map(values), advice.format_map(values), code, values)
