"""The RTP time of frames that come live, by their time stamps as far as these make sense."""

MAX_DRIFT = 1.0
"""Seconds that time stamps may run ahead of the clock, or fall behind it, before they count as begun again."""


class LiveClock:
    """Clock ticks of a track's frames, from 0 on, always growing. `rate`: ticks a second."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._last: tuple[int, float] | None = None
        """Ticks of the last frame, and when it arrived."""
        self._base = 0
        self._start: float | None = None
        """The time stamp that is at `_base`, seconds."""

    def ticks(self, stamp: float | None, now: float) -> tuple[int, bool]:
        """Ticks of the next frame, and whether its time stamp follows on those before it.

        `stamp`: seconds, from anywhere; None: the frame has none. It doesn't follow where a file begins again from its
        start or the track stood still: then the time of arrival counts.
        """
        if self._last is None:
            ticks, follows = 0, True
            self._base, self._start = 0, stamp
        else:
            last, arrival = self._last
            arrived = last + max(1, round((now - arrival) * self._rate))
            ticks, follows = arrived, True
            if stamp is not None:
                stamped = None if self._start is None else self._base + round((stamp - self._start) * self._rate)
                if stamped is not None and stamped > last and abs(stamped - arrived) <= MAX_DRIFT * self._rate:
                    ticks = stamped
                else:
                    follows = self._start is None
                    self._base, self._start = ticks, stamp
        self._last = ticks, now
        return ticks, follows
