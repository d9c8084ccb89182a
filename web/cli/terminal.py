"""What commands print for the operator."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

_JOINERS = "\u200c\u200d"
"""Invisible, but part of some scripts and of emoji."""


class CommandError(Exception):
    """A command that can't be carried out; `args[0]` is one line for the operator."""


def plain(text: str) -> str:
    """Replace characters that could control the terminal: names and titles come from other people."""
    shown = (character if character.isprintable() or character in _JOINERS else "\ufffd" for character in text)
    return "".join(shown)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns under their names, as wide as necessary."""
    lines = [list(head), *([plain(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def moment(seconds: float | None) -> str | None:
    """Format a time in UTC, such as 2026-01-31T12:00:00Z."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
