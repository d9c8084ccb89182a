"""Finds missing packets of an incoming stream, and when to request them again (RFC 4585, section 6.2.1)."""

from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import takewhile

from sfu.budget import Budget
from sfu.wire.rtp import Unwrapper

FIRST_DELAY = 0.01
"""Seconds that a packet may be late before it is requested: most reordering is shorter."""

MIN_INTERVAL = 0.03
"""Least seconds between two requests for the same packet; a round trip, if that is longer."""

MAX_TRIES = 8
MAX_AGE = 1.2
"""Seconds after which a packet is given up, where round trips are short: a keyframe is there sooner."""

ROUND_TRIPS, LONGEST_AGE = 4, 2.4
"""Round trips for which a packet isn't given up yet, and the most seconds of those. Over satellites, `MAX_AGE` is a
request and hardly a second one, and a keyframe takes a round trip, too. Browsers' decoders wait for 3 s."""

MAX_MISSING = 256
"""With more missing at once the stream restarts from a keyframe; requesting so many would only add to the load."""

MISSING_PER_SECOND = 500
"""Packets of a stream that may go missing in the long run: three times as many as if half of a video were lost."""

_SINCE, _TRIES = range(2)
"""Fields of a missing packet: when it was missed, and how often it was requested."""


class NackGenerator:
    """Watches the sequence numbers of one stream."""

    __slots__ = ("_budget", "_due", "_missing", "_skips_gap", "_spent", "_unwrapper", "gave_up")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._missing: dict[int, list[float]] = {}
        """By number, ascending, so the longest missing come first."""
        self._due: list[tuple[float, int, Iterable[int]]] = []
        """Packets that are due together, as a heap: time, number of the first, numbers; some may have come since. So a
        poll costs as much as is due, however much is missing."""
        self._spent: list[int] = []
        """Packets requested for the last time: the next poll gives them up."""
        self._budget = Budget(2 * MAX_MISSING, MISSING_PER_SECOND)
        self._skips_gap = False
        self.gave_up = False
        """Whether packets were given up; the owner asks for a keyframe and clears this."""

    @property
    def highest(self) -> int | None:
        """The highest number so far, unwrapped; None before the first packet."""
        return self._unwrapper.highest

    def received(self, seq: int, now: float) -> bool:
        """Take a packet's arrival. False: it is a duplicate, or was given up."""
        return self.accept(seq, now) is not None

    def accept(self, seq: int, now: float) -> int | None:
        """Take a packet's arrival; returns its number, unwrapped. None: it is a duplicate, or was given up."""
        unwrapper = self._unwrapper
        highest = unwrapper.highest
        if highest is not None and (seq - highest) & 0xFFFF == 1:  # nearly always
            unwrapper.highest = index = highest + 1
            return index
        index = unwrapper.unwrap(seq)
        if highest is None:
            return index
        if index <= highest:
            return None if self._missing.pop(index, None) is None else index
        lost = index - highest - 1
        if not lost:
            return index
        if self._skips_gap or lost + len(self._missing) >= MAX_MISSING or not self._budget.spend(lost, now):
            self._abandon()
        else:
            if not self._missing:
                self._due.clear()
            gap = range(highest + 1, index)
            self._missing.update({each: [now, 0] for each in gap})
            heappush(self._due, (now + FIRST_DELAY, highest + 1, gap))
        return index

    def skip_gap(self) -> None:
        """Give up all that will be missing before the next packet: it wasn't lost on the way."""
        self._skips_gap = True

    def _abandon(self) -> None:
        self._skips_gap = False
        self._missing.clear()
        self._due.clear()
        self._spent.clear()
        self.gave_up = True

    def skip_to(self, seq: int) -> None:
        """Take it that this packet came, and all before it that weren't missing: cheaper than telling each."""
        self._unwrapper.unwrap(seq)

    def poll(self, now: float, round_trip: float) -> list[int]:
        """Sequence numbers to request now, ascending."""
        due = self._due
        if not due or now < due[0][0]:
            return []
        missing, wanted = self._missing, []
        since = now - min(max(MAX_AGE, ROUND_TRIPS * round_trip), LONGEST_AGE)
        hopeless = self._spent + list(takewhile(lambda index: missing[index][_SINCE] < since, missing))
        self._spent = []
        for index in hopeless:
            if missing.pop(index, None) is not None:
                self.gave_up = True
        while due and due[0][0] <= now:
            for index in heappop(due)[2]:
                packet = missing.get(index)
                if packet is None:
                    continue
                packet[_TRIES] += 1
                wanted.append(index)
                if packet[_TRIES] == MAX_TRIES:
                    self._spent.append(index)
        if wanted:
            wanted.sort()
            heappush(due, (now + max(MIN_INTERVAL, round_trip), wanted[0], wanted))
        while due and missing.keys().isdisjoint(due[0][2]):
            heappop(due)
        return [index & 0xFFFF for index in wanted]

    @property
    def missing(self) -> int:
        """How many packets are missing."""
        return len(self._missing)

    def give_up(self) -> None:
        """Give up all missing packets."""
        if self._missing:
            self._abandon()

    def timeout(self) -> float | None:
        """When to call `poll`; None: not before a packet is missing."""
        return self._due[0][0] if self._missing else None
