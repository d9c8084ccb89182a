"""How attempts to join end, and how long they take, for an operator's metrics."""

from collections import Counter

from sfu.histogram import Histogram

JOINED, WAITING = "joined", "waiting"
"""Results of people who get in, and of people who have to wait. All other results are error codes."""

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds: a join takes a few milliseconds, unless its room has to be read from the database."""


class Joins:
    """Counts the attempts to join in all rooms."""

    def __init__(self) -> None:
        self.results: Counter[str] = Counter({JOINED: 0, WAITING: 0})
        self.seconds = Histogram(BOUNDS)
        """From a `join` message to its `welcome`."""

    def count(self, result: str, seconds: float) -> None:
        """Count a `join` message, answered after this many seconds."""
        self.results[result] += 1
        if result == JOINED:
            self.seconds.note(seconds)

    def refused(self, code: str) -> None:
        """Count someone who got no token, and so never sent a `join` message."""
        self.results[code] += 1
