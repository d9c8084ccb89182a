"""The bandwidth towards a viewer, from its transport-wide feedback: Google Congestion Control."""

import math
from collections.abc import Sequence
from typing import Protocol

from sfu.bandwidth.aimd import Aimd
from sfu.bandwidth.arrivals import ArrivalGroups
from sfu.bandwidth.loss_based import LossBased
from sfu.bandwidth.send_record import Flush
from sfu.bandwidth.throughput import Throughput
from sfu.bandwidth.trendline import Trendline, Usage

AFTERMATH = 0.3
"""Seconds after a probe in which overuse isn't noticed: it may be the probe's own queue, and what arrives meanwhile
says nothing of the capacity while less is sent than would fit."""


class BandwidthEstimator(Protocol):
    """Turns what happened to packets into two bitrates, of which the lower one counts."""

    @property
    def by_delay(self) -> float:
        """Bits per second that make no queue grow."""

    @property
    def by_loss(self) -> float:
        """Bits per second that lose no more than the link loses anyway; may be infinite."""

    @property
    def overused_at(self) -> float:
        """When the link was last found to be overused; minus infinity: never."""

    def take(self, flushes: Sequence[Flush], now: float, round_trip: float) -> None:
        """Take the packets on which the viewer has reported."""

    def raise_to(self, bitrate: float) -> None:
        """Take the result of a probe."""


class GoogCc:
    """Google Congestion Control (draft-ietf-rmcat-gcc-02) as libwebrtc composes it."""

    __slots__ = ("_groups", "_probed_at", "aimd", "loss_based", "throughput", "trendline")

    def __init__(self, start: float) -> None:
        """`start`: bits per second until something is known."""
        self._groups = ArrivalGroups()
        self._probed_at = -math.inf
        """When the last packets of a probe left."""
        self.trendline = Trendline()
        self.throughput = Throughput()
        self.aimd = Aimd(start)
        self.loss_based = LossBased()

    @property
    def by_delay(self) -> float:
        """Bits per second that make no queue grow."""
        return self.aimd.bitrate

    @property
    def by_loss(self) -> float:
        """Bits per second that lose no more than the link loses anyway; may be infinite."""
        return self.loss_based.bitrate

    @property
    def overused_at(self) -> float:
        """When the link was last found to be overused."""
        return self.aimd.decreased_at

    def take(self, flushes: Sequence[Flush], now: float, round_trip: float) -> None:
        """Take the packets on which the viewer has reported."""
        groups, throughput, trendline = self._groups, self.throughput, self.trendline
        packets = lost = total = lost_total = 0
        for departure, arrival, octets, received, missing, missing_octets, probe, *_ in flushes:
            packets += received + missing
            lost += missing
            total += octets + missing_octets
            lost_total += missing_octets
            if probe:
                self._probed_at = departure
            if received:
                throughput.add(arrival, octets)
                delta = groups.add(departure, arrival)
                if delta is not None:
                    trendline.update(*delta)
        usage = trendline.usage
        if usage is Usage.OVERUSING and flushes[-1].departure - self._probed_at < AFTERMATH:
            usage = Usage.NORMAL
        arrives = throughput.latest if usage is Usage.OVERUSING else throughput.bitrate
        self.aimd.update(usage, arrives, now, round_trip)
        if flushes and self.loss_based.add(flushes[-1].departure, packets, lost, total, lost_total):
            self.loss_based.update(self.aimd.bitrate, throughput.bitrate, now)

    def raise_to(self, bitrate: float) -> None:
        """Take the result of a probe."""
        self.aimd.raise_to(bitrate)
        self.loss_based.raise_to(bitrate)
