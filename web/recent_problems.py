"""The latest warnings and errors of the log, for administrators who don't have the machine's log at hand."""

import logging
from collections import deque
from dataclasses import dataclass

MOST = 200
MAX_TEXT = 500

_NEVER = ("web.mail.senders",)
"""What they log has links with which anyone could sign in."""


@dataclass(frozen=True, slots=True)
class LoggedProblem:
    """A line of the log; `at` in seconds since 1970."""

    at: float
    level: str
    source: str
    text: str


class RecentProblems(logging.Handler):
    """Keeps the last `MOST` of them. Names and addresses, which the log keeps apart, aren't in it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._kept: deque[LoggedProblem] = deque(maxlen=MOST)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record, without what it says about where the error was raised."""
        if record.name.startswith(_NEVER):
            return
        text = " ".join(record.getMessage().split())
        if record.exc_info and record.exc_info[0] is not None:
            text = f"{text} ({record.exc_info[0].__name__})"
        self._kept.append(LoggedProblem(record.created, record.levelname.lower(), record.name, text[:MAX_TEXT]))

    def latest(self) -> list[LoggedProblem]:
        """Return them, the newest first."""
        return list(reversed(self._kept))

    def start(self) -> None:
        """Begin to listen to the whole log."""
        logging.getLogger().addHandler(self)

    def stop(self) -> None:
        """Stop that."""
        logging.getLogger().removeHandler(self)
