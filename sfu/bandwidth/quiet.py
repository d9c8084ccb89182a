"""Whether a link's queue is empty, as most links' are at most times: then its delays need no closer look."""

from collections.abc import Sequence

from sfu.bandwidth.recent_least import RecentLeast
from sfu.bandwidth.send_record import Flush

MARGIN = 0.008
"""Seconds by which delays may exceed the least one on a quiet link: well below `trendline.LEAST_QUEUE`, so that enough
groups of a growing queue are seen one by one."""


class QuietLink:
    """Compares the delays of a feedback's packets with the least of the last seconds."""

    __slots__ = ("_least",)

    def __init__(self) -> None:
        self._least = RecentLeast()
        """Seconds between the two clocks."""

    def is_quiet(self, flushes: Sequence[Flush]) -> bool:
        """Whether all packets arrived without waiting, none is missing, and none belongs to a probe."""
        # By number, as names cost twice as much: there is one flush for each few packets of each viewer.
        delays = [flush[1] - flush[0] for flush in flushes if flush[3] and not flush[4] and not flush[6]]
        if not delays:
            return False
        self._least.add(min(delays), flushes[-1].departure)
        return len(delays) == len(flushes) and max(delays) - self._least.value <= MARGIN
