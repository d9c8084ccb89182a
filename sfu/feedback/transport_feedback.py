"""Feedback to a sender on every packet of its transport: without it no browser sends its upper simulcast layers
(draft-holmer-rmcat-transport-wide-cc-extensions-01).
"""

from sfu.wire import rtcp
from sfu.wire.rtp import Unwrapper

INTERVAL = 0.1
"""Seconds between feedback packets: the draft asks for 50 to 250 ms, and browsers send one each 100 ms by default.
Where everybody's camera is on, more of it costs the relay as much as the packets themselves."""

MAX_PACKETS = 400
"""Most sequence numbers in one feedback packet; with two-byte deltas they still fit a datagram."""

MAX_AT_ONCE = 8
"""Most feedback packets for one interval. A sender whose numbers jump about would get one for each of its packets;
eight cover more than anyone sends in that time."""

_MAX_TOLD_GAP = 100
"""Missing numbers in a row that are reported as lost. A larger gap means that the sender has started over."""

_UNITS = 4000
"""Units per second: arrivals are reported in units of 250 µs."""

_MAX_GAP = 8 * _UNITS
"""Two-byte deltas reach 8.19 s."""

_HISTORY = 512
"""Arrivals kept: feedback that reaches back to a late packet repeats those of its neighbours."""


class TransportFeedbackGenerator:
    """Collects arrivals and makes feedback of them."""

    __slots__ = ("_arrivals", "_count", "_new", "_next", "_unwrapper", "due")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._arrivals: dict[int, int] = {}
        self._new: list[int] = []
        self._next: int | None = None
        self._count = 0
        self.due: float | None = None
        """When to send feedback; None: nothing has arrived since the last."""

    def received(self, seq: int, now: float) -> None:
        """Take the arrival of the packet with this transport-wide sequence number."""
        unwrapper = self._unwrapper
        highest = unwrapper.highest
        if highest is not None and (seq - highest) & 0xFFFF == 1:  # nearly always
            index = unwrapper.highest = highest + 1
        else:
            index = unwrapper.unwrap(seq)
            if index in self._arrivals:
                return
        self._arrivals[index] = int(now * _UNITS)
        self._new.append(index)
        if self.due is None:
            self.due = now + INTERVAL

    def build(self, sender_ssrc: int, media_ssrc: int) -> list[bytes]:
        """Make feedback on all packets that arrived since the last call."""
        indexes, self._new, self.due = sorted(self._new), [], None
        packets: list[bytes] = []
        while indexes and len(packets) < MAX_AT_ONCE:
            base = indexes[0] if self._next is None else min(self._next, indexes[0])
            if indexes[0] - base > _MAX_TOLD_GAP:
                base = indexes[0]
            base, taken = self._cover(indexes, base)
            last = indexes[taken - 1]
            arrivals = [self._arrivals.get(index) for index in range(base, last + 1)]
            packets.append(rtcp.build_transport_feedback(sender_ssrc, media_ssrc, base & 0xFFFF, self._count, arrivals))
            self._count = (self._count + 1) & 0xFF
            self._next = max(last + 1, self._next or 0)
            indexes = indexes[taken:]
        if indexes:
            self._next = max(indexes[-1] + 1, self._next or 0)
        for index in list(self._arrivals)[:-_HISTORY]:
            del self._arrivals[index]
        return packets

    def _cover(self, indexes: list[int], base: int) -> tuple[int, int]:
        """Where one feedback packet can begin, and how many of the arrivals it can report."""
        previous = self._arrivals[indexes[0]]
        for index in range(indexes[0] - 1, base - 1, -1):
            arrival = self._arrivals.get(index, previous)
            if abs(arrival - previous) >= _MAX_GAP:
                base = index + 1
                break
            previous = arrival
        previous = self._arrivals[indexes[0]]
        taken = 1
        for index in range(indexes[0] + 1, min(indexes[-1] + 1, base + MAX_PACKETS)):
            if taken < len(indexes) and indexes[taken] - index >= _MAX_TOLD_GAP:
                break
            arrival = self._arrivals.get(index, previous)
            if abs(arrival - previous) >= _MAX_GAP:
                break
            previous = arrival
            if taken < len(indexes) and indexes[taken] == index:
                taken += 1
        return base, taken
