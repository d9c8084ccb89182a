"""Whether a link's queue is empty, as most links' are at most times: then its delays need no closer look."""

import math
from collections.abc import Sequence

from sfu.bandwidth.send_record import Flush

MARGIN = 0.008
"""Seconds by which delays may exceed the least one on a quiet link: well below `trendline.LEAST_QUEUE`, so that enough
groups of a growing queue are seen one by one."""

REMEMBERED = 10.0
"""Seconds over which the least delay is looked for, once or twice: clocks drift, and routes change."""


class QuietLink:
    """Compares the delays of a feedback's packets with the least of the last seconds."""

    __slots__ = ("_before", "_least", "_since")

    def __init__(self) -> None:
        self._least = self._before = math.inf
        """Seconds between the two clocks: the least since `_since`, and in the period before."""
        self._since = -math.inf

    def is_quiet(self, flushes: Sequence[Flush]) -> bool:
        """Whether all packets arrived without waiting, none is missing, and none belongs to a probe."""
        # By number, as names cost twice as much: there is one flush for each few packets of each viewer.
        delays = [flush[1] - flush[0] for flush in flushes if flush[3] and not flush[4] and not flush[6]]
        if not delays:
            return False
        low, departure = min(delays), flushes[-1].departure
        if departure - self._since > REMEMBERED:
            self._before, self._least, self._since = self._least, low, departure
        elif low < self._least:
            self._least = low
        return len(delays) == len(flushes) and max(delays) - min(self._least, self._before) <= MARGIN
