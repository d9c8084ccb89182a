"""The bandwidth towards a viewer, from its transport-wide feedback: Google Congestion Control."""

import math
from collections.abc import Sequence
from typing import Protocol

from sfu.bandwidth.aimd import Aimd
from sfu.bandwidth.arrivals import ArrivalGroups
from sfu.bandwidth.loss_based import LossBased
from sfu.bandwidth.quiet import QuietLink
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

    @property
    def queue(self) -> float:
        """Seconds that packets wait on the way at present, more than the least of the last seconds."""

    @property
    def arrives(self) -> float | None:
        """Bits per second that arrive; None: not known yet."""

    def take(self, flushes: Sequence[Flush], now: float, round_trip: float) -> None:
        """Take the packets on which the viewer has reported."""

    def raise_to(self, bitrate: float) -> None:
        """Take the result of a probe."""


class GoogCc:
    """Google Congestion Control (draft-ietf-rmcat-gcc-02) as libwebrtc composes it."""

    __slots__ = ("_groups", "_probed_at", "_quiet", "aimd", "loss_based", "throughput", "trendline")

    def __init__(self, start: float) -> None:
        """`start`: bits per second until something is known."""
        self._groups = ArrivalGroups()
        self._quiet = QuietLink()
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

    @property
    def arrives(self) -> float | None:
        """Bits per second that arrive."""
        return self.throughput.bitrate

    @property
    def queue(self) -> float:
        """Seconds that packets wait on the way at present."""
        return self.trendline.queue / 1000

    def take(self, flushes: Sequence[Flush], now: float, round_trip: float) -> None:
        """Take the packets on which the viewer has reported."""
        if not flushes:
            return
        departure = flushes[-1].departure
        take = self._take_at_once if self._quiet.is_quiet(flushes) else self._take_each
        packets, lost, octets, lost_octets = take(flushes)
        throughput, usage = self.throughput, self.trendline.usage
        if usage is Usage.OVERUSING and departure - self._probed_at < AFTERMATH:
            usage = Usage.NORMAL
        arrives = throughput.latest if usage is Usage.OVERUSING else throughput.bitrate
        self.aimd.update(usage, arrives, now, round_trip)
        if self.loss_based.add(departure, packets, lost, octets, lost_octets):
            self.loss_based.update(self.aimd.bitrate, throughput.bitrate, now)

    def _take_at_once(self, flushes: Sequence[Flush]) -> tuple[int, int, int, int]:
        """Take packets of which none waited or was lost as one group; returns the same as `_take_each`."""
        last = flushes[-1]
        octets = sum([flush[2] for flush in flushes])
        self.throughput.add(last.arrival, octets)
        delta = self._groups.add(last.departure, last.arrival)
        if delta is not None:
            self.trendline.update(*delta)
        return sum([flush[3] for flush in flushes]), 0, octets, 0

    def _take_each(self, flushes: Sequence[Flush]) -> tuple[int, int, int, int]:
        """Take packets group by group; returns how many were sent and how many of them lost, and the same in bytes."""
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
        return packets, lost, total, lost_total

    def raise_to(self, bitrate: float) -> None:
        """Take the result of a probe."""
        self.aimd.raise_to(bitrate)
        self.loss_based.raise_to(bitrate)
