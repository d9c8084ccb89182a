"""Transport-wide feedback of a load test's client: on every packet, with real arrivals, as cheaply as can be."""

from sfu.feedback.transport_feedback import MAX_PACKETS
from sfu.wire import rtcp

UNITS = 4000
"""Arrivals are told in units of 250 µs."""

MAX_GAP = 100
"""Missing numbers in a row that are told as lost; after more, feedback begins anew."""

_MAX_STEP = 30_000
"""Units between two arrivals that feedback can tell of, with a margin."""


class LeanFeedback:
    """Collects arrivals, nearly always in order, and makes feedback of them."""

    __slots__ = ("_base", "_count", "_fresh", "arrivals")

    def __init__(self) -> None:
        self._base = -1
        """The first transport-wide number that hasn't been told of."""
        self.arrivals: list[int | None] = []
        """From `_base` on, in units; None: nothing has come."""
        self._count = 0
        self._fresh = True

    def note(self, number: int, arrival: int) -> None:
        """Take the arrival of a packet, in units."""
        arrivals = self.arrivals
        ahead = (number - self._base) & 0xFFFF
        if ahead == len(arrivals):  # nearly always
            arrivals.append(arrival)
        elif self._fresh:
            self._base, self.arrivals, self._fresh = number, [arrival], False
        elif ahead < len(arrivals):
            if arrivals[ahead] is None:
                arrivals[ahead] = arrival
        elif ahead - len(arrivals) <= MAX_GAP:
            arrivals += [None] * (ahead - len(arrivals))
            arrivals.append(arrival)
        elif ahead < 0x8000:
            self._base, self.arrivals = number, [arrival]
        # Else it is late, and was told of as lost.

    def build(self, sender_ssrc: int, media_ssrc: int) -> list[bytes]:
        """Feedback on all that has come since the last time."""
        packets = []
        arrivals, self.arrivals = self.arrivals, []
        base, self._base = self._base, (self._base + len(arrivals)) & 0xFFFF
        for start in range(0, len(arrivals), MAX_PACKETS):
            part = arrivals[start : start + MAX_PACKETS]
            known = [arrival for arrival in part if arrival is not None]
            if not known or max(known) - min(known) > _MAX_STEP:
                continue  # nothing to tell, or more time than one packet can tell of
            packets.append(
                rtcp.build_transport_feedback(sender_ssrc, media_ssrc, (base + start) & 0xFFFF, self._count, part)
            )
            self._count = (self._count + 1) & 0xFF
        return packets
