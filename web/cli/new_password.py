"""Asks the operator for a password."""

import getpass
import sys

from web.cli.terminal import CommandError
from web.security.passwords import check_password

_MAX_LINE = 1024
"""Bytes of a password from standard input; anything longer is refused anyway."""


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
