"""The bandwidth towards a viewer, from its transport-wide feedback: Google Congestion Control."""

from collections.abc import Sequence
from typing import Protocol

from sfu.bandwidth.aimd import Aimd
from sfu.bandwidth.arrivals import ArrivalGroups
from sfu.bandwidth.send_record import Flush
from sfu.bandwidth.throughput import Throughput
from sfu.bandwidth.trendline import Trendline


class BandwidthEstimator(Protocol):
    """Turns what happened to packets into a bitrate."""

    @property
    def estimate(self) -> float:
        """Bits per second."""

    def take(self, flushes: Sequence[Flush], now: float, round_trip: float) -> None:
        """Take the packets on which the viewer has reported."""

    def raise_to(self, bitrate: float) -> None:
        """Take the result of a probe."""


class GoogCc:
    """Google Congestion Control (draft-ietf-rmcat-gcc-02) as libwebrtc composes it."""

    __slots__ = ("_groups", "aimd", "throughput", "trendline")

    def __init__(self, start: float) -> None:
        """`start`: bits per second until something is known."""
        self._groups = ArrivalGroups()
        self.trendline = Trendline()
        self.throughput = Throughput()
        self.aimd = Aimd(start)

    @property
    def estimate(self) -> float:
        """Bits per second."""
        return self.aimd.bitrate

    def take(self, flushes: Sequence[Flush], now: float, round_trip: float) -> None:
        """Take the packets on which the viewer has reported."""
        groups, throughput, trendline = self._groups, self.throughput, self.trendline
        for departure, arrival, octets, received, *_ in flushes:
            if received:
                throughput.add(arrival, octets)
                delta = groups.add(departure, arrival)
                if delta is not None:
                    trendline.update(*delta)
        self.aimd.update(trendline.usage, throughput.bitrate, now, round_trip)

    def raise_to(self, bitrate: float) -> None:
        """Take the result of a probe."""
        self.aimd.raise_to(bitrate)
