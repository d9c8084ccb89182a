"""The least delay of the last seconds, with which others are compared: clocks drift, and routes change."""

import math

REMEMBERED = 10.0
"""Seconds over which the least is looked for, once or twice."""


class RecentLeast:
    """The least of the values that were added in the present period, and in the one before."""

    __slots__ = ("_before", "_latest", "_since")

    def __init__(self) -> None:
        self._latest = self._before = math.inf, -math.inf
        """Value, and when it was added."""
        self._since = -math.inf
        """Since when the present period lasts."""

    def add(self, value: float, now: float) -> None:
        """Take a value, at a time in seconds."""
        if now - self._since > REMEMBERED:
            self._before, self._latest, self._since = self._latest, (value, now), now
        elif value < self._latest[0]:
            self._latest = value, now

    @property
    def value(self) -> float:
        """The least; infinite before the first."""
        return min(self._latest, self._before)[0]

    @property
    def at(self) -> float:
        """When it was added, seconds."""
        return min(self._latest, self._before)[1]
