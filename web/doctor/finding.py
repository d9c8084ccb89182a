"""What a check has found."""

from dataclasses import dataclass
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


def ok(check: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.OK, text)


def warning(check: str, text: str, advice: str) -> Finding:
    """Something that works worse than it could."""
    return Finding(check, Level.WARNING, text, advice)


def problem(check: str, text: str, advice: str) -> Finding:
    """Something that doesn't work."""
    return Finding(check, Level.PROBLEM, text, advice)
