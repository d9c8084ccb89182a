"""Groups of packets, and how much longer each group took than the one before (draft-ietf-rmcat-gcc-02, section 5.2)."""

from sfu.bandwidth.send_record import BURST

MAX_BURST = 0.1
"""Seconds that packets delivered in one go may span and still be one group (libwebrtc, kMaxBurstDuration)."""

MAX_STEP = 3.0
"""Seconds between two groups, by either clock, after which grouping starts over (libwebrtc)."""

Delta = tuple[float, float, float]
"""Seconds between the departures of two groups, between their arrivals, and the arrival of the later one."""


class ArrivalGroups:
    """Turns flushes with their arrivals into one delay difference for each pair of neighbouring groups."""

    __slots__ = ("_arrival", "_departure", "_first_arrival", "_first_departure", "_previous")

    def __init__(self) -> None:
        self._previous: tuple[float, float] | None = None
        """Departure and arrival of the last complete group."""
        self._first_departure: float | None = None
        """Of the current group; None: there is none."""
        self._first_arrival = self._departure = self._arrival = 0.0

    def add(self, departure: float, arrival: float) -> Delta | None:
        """Take a flush; returns the difference between the last two complete groups if it begins a new one."""
        first = self._first_departure
        if first is None:
            self._begin(departure, arrival)
            return None
        if departure < first:
            return None  # out of order
        if departure - first <= BURST or self._in_burst(departure, arrival):
            self._departure = max(self._departure, departure)
            self._arrival = max(self._arrival, arrival)
            return None
        if departure - self._departure > MAX_STEP or abs(arrival - self._first_arrival) > MAX_STEP:
            self._previous = None
            self._begin(departure, arrival)
            return None
        found: Delta | None = None
        previous = self._previous
        if previous is None or self._arrival >= previous[1]:
            if previous is not None:
                found = self._departure - previous[0], self._arrival - previous[1], self._arrival
            self._previous = self._departure, self._arrival
        # Else it has overtaken the group before, to which the next one is compared too: left out by itself, an early
        # group would make the delays seem to grow.
        self._begin(departure, arrival)
        return found

    def _begin(self, departure: float, arrival: float) -> None:
        self._first_departure = self._departure = departure
        self._first_arrival = self._arrival = arrival

    def _in_burst(self, departure: float, arrival: float) -> bool:
        """Whether the path held the packets back and then delivered them at once, as Wi-Fi does."""
        gap = arrival - self._arrival
        return 0 <= gap <= BURST and gap < departure - self._departure and arrival - self._first_arrival < MAX_BURST
