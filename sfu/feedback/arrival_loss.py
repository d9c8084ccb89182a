"""The share of packets that a viewer misses, from its transport-wide feedback: known within a second, and for all of
its streams together, where receiver reports tell of each stream once in a while.
"""

from collections.abc import Sequence

PERIOD, LEAST_PACKETS = 0.5, 40
"""Seconds and packets of a sample: one voice has 50 packets a second."""

RISING, FALLING = 0.5, 0.2
"""Weights of a sample that is above or below the share."""

VALID = 5.0
"""Seconds after which what the last feedback said counts for nothing."""


class ArrivalLoss:
    """Measures one viewer."""

    __slots__ = ("_began_at", "_lost", "_packets", "_share", "_taken_at")

    def __init__(self) -> None:
        self._share: float | None = None
        self._packets = self._lost = 0
        self._began_at = self._taken_at = float("-inf")

    def take(self, arrivals: Sequence[int | None], now: float) -> None:
        """Take a report; see `TransportFeedback.arrivals`."""
        if now - self._taken_at >= VALID:
            self._share, self._packets, self._lost, self._began_at = None, 0, 0, now
        self._taken_at = now
        self._packets += len(arrivals)
        self._lost += arrivals.count(None)
        if self._packets < LEAST_PACKETS or now - self._began_at < PERIOD:
            return
        sample = self._lost / self._packets
        if self._share is None:
            self._share = sample
        else:
            self._share += (sample - self._share) * (RISING if sample > self._share else FALLING)
        self._packets, self._lost, self._began_at = 0, 0, now

    def share(self, now: float) -> float | None:
        """The smoothed share; None: the viewer sends no feedback, or not enough of it."""
        return self._share if now - self._taken_at < VALID else None
