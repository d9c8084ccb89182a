"""Decides which NACKs to serve: a viewer must not make the relay send more than its link could need."""

from collections import OrderedDict

MIN_INTERVAL = 0.02
"""Seconds between two retransmissions of the same packet; a round trip, where that is longer."""

SHARE = 0.5
"""Bytes of retransmissions per byte of media at most: a link that loses a third is served, abuse isn't."""

BURST = 100_000
"""Bytes that may be sent again at once, before the share counts."""

LEAST = 200
"""Least bytes that a retransmission counts for: even a packet of one byte costs the same work."""

_REMEMBERED = 256


class NackResponder:
    """Bounds the retransmissions to one viewer."""

    __slots__ = ("_budget", "_recent", "_seen_octets")

    def __init__(self) -> None:
        self._budget = float(BURST)
        self._seen_octets = 0
        self._recent: OrderedDict[tuple[int, int], float] = OrderedDict()

    def earned(self, octets: int) -> None:
        """Note how many bytes of media the viewer has been sent in all."""
        self._budget = min(BURST, self._budget + SHARE * (octets - self._seen_octets))
        self._seen_octets = octets

    @property
    def exhausted(self) -> bool:
        """Whether nothing may be retransmitted before more media is sent."""
        return self._budget < LEAST

    def allow(self, ssrc: int, seq: int, size: int, now: float, round_trip: float) -> bool:
        """Whether to retransmit this packet now; if so, it is counted."""
        key = (ssrc, seq)
        before = self._recent.get(key)
        if before is not None and now - before < max(MIN_INTERVAL, 0.8 * round_trip):
            return False
        size = max(size, LEAST)
        if size > self._budget:
            return False
        self._budget -= size
        self._recent[key] = now
        self._recent.move_to_end(key)
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return True
