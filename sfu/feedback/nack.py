"""Which packets of an incoming stream are missing, and when to ask for them again (RFC 4585, section 6.2.1)."""

from sfu.budget import Budget
from sfu.wire.rtp import Unwrapper

FIRST_DELAY = 0.01
"""Seconds that a packet may be late before it is asked for: most reordering is shorter."""

MIN_INTERVAL = 0.03
"""Seconds at least between two requests for the same packet; a round trip, where that is longer."""

MAX_TRIES = 8
MAX_AGE = 1.2
"""Seconds after which a packet is given up: no jitter buffer waits longer."""

MAX_MISSING = 256
"""With more missing at once the stream starts anew from a keyframe; asking for so much would only add to the load."""


MISSING_PER_SECOND = 500
"""Packets of a stream that may go missing in the long run. Three times what the loss of half a video would be."""

_SINCE, _NEXT_AT, _TRIES = range(3)
"""Fields of a missing packet: a list, as hundreds are made at once."""


class NackGenerator:
    """Watches the sequence numbers of one stream."""

    __slots__ = ("_budget", "_due", "_missing", "_unwrapper", "gave_up")

    def __init__(self) -> None:
        self._unwrapper = Unwrapper()
        self._missing: dict[int, list[float]] = {}
        self._budget = Budget(2 * MAX_MISSING, MISSING_PER_SECOND)
        self._due = 0.0
        """No missing packet has to be asked for before; it may be too early, where one has come since."""
        self.gave_up = False
        """Whether packets were given up; the owner asks for a keyframe and clears this."""

    @property
    def highest(self) -> int | None:
        """The highest number so far, unwrapped; None before the first packet."""
        return self._unwrapper.highest

    def received(self, seq: int, now: float) -> bool:
        """Take a packet's arrival. False: it came before, or was given up."""
        return self.accept(seq, now) is not None

    def accept(self, seq: int, now: float) -> int | None:
        """Take a packet's arrival; its number, unwrapped. None: it came before, or was given up."""
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
        if lost + len(self._missing) >= MAX_MISSING or (lost and not self._budget.spend(lost, now)):
            self._missing.clear()
            self.gave_up = True
        else:
            due = now + FIRST_DELAY
            if not self._missing or due < self._due:
                self._due = due
            self._missing.update({each: [now, due, 0] for each in range(highest + 1, index)})
        return index

    def poll(self, now: float, round_trip: float) -> list[int]:
        """Sequence numbers to ask for now, ascending."""
        if not self._missing or now < self._due:
            return []
        wanted, hopeless = [], []
        interval = max(MIN_INTERVAL, round_trip)
        for index, missing in self._missing.items():
            if missing[_TRIES] >= MAX_TRIES or now - missing[_SINCE] > MAX_AGE:
                hopeless.append(index)
            elif now >= missing[_NEXT_AT]:
                missing[_TRIES] += 1
                missing[_NEXT_AT] = now + interval
                wanted.append(index & 0xFFFF)
        for index in hopeless:
            del self._missing[index]
            self.gave_up = True
        self._due = min([missing[_NEXT_AT] for missing in self._missing.values()], default=0.0)
        return wanted

    @property
    def missing(self) -> int:
        """How many packets are missing."""
        return len(self._missing)

    def give_up(self) -> None:
        """Stop asking for all missing packets."""
        if self._missing:
            self._missing.clear()
            self.gave_up = True

    def timeout(self) -> float | None:
        """When `poll` has something to do; None: not before a packet is missing."""
        return self._due if self._missing else None
