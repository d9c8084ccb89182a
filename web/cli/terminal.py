"""What commands print for the operator, and what they ask."""

import getpass
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from web.security.passwords import check_password

_MAX_LINE = 1024
"""Bytes of a password from standard input; anything longer is refused anyway."""

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


def ask_new_password() -> str:
    """Ask for a password on the terminal, twice and hidden, or read the first line of standard input.

    Raises `CommandError` if it isn't accepted.
    """
    password = _from_keyboard() if sys.stdin.isatty() else _from_input()
    problem = check_password(password)
    if problem is not None:
        raise CommandError(problem)
    return password


def _from_keyboard() -> str:
    try:
        first = getpass.getpass("Password: ")
        second = getpass.getpass("Repeat the password: ")
    except (EOFError, UnicodeError):
        raise CommandError("no password was given") from None
    if first != second:
        raise CommandError("the passwords don't match")
    return first


def _from_input() -> str:
    line = sys.stdin.buffer.readline(_MAX_LINE)
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CommandError("the password from standard input isn't valid UTF-8") from None
