"""A viewer's link in a closed loop: what is sent follows the estimate, and feedback on it comes back."""

import itertools
import random

from sfu.bandwidth.downlink import Downlink
from sfu.bandwidth.send_record import SendRecord
from sfu.feedback.transport_feedback import TransportFeedbackGenerator
from sfu.wire import rtcp
from sfu.wire.rtcp import TransportFeedback
from tests.sim.network import Link

PACKET, PADDING = 1200, 260
"""Bytes on the wire."""
FRAME, STEP = 1 / 30, 0.005


class ClosedLoop:
    """Sends 30 frames a second at the estimate, up to what is wanted, over a bottleneck with a queue."""

    def __init__(self, link: Link, wanted: float, seed: int = 1) -> None:
        self.link = link
        self.wanted = wanted
        """Bits per second of media at full quality."""
        self.now = 100.0
        self.record = SendRecord(65_000)
        self.downlink = Downlink(self.record)
        self.delays: list[float] = []
        """Seconds that each packet took more than the link's delay."""
        self.lost = 0
        self.media = self.padding = 0
        """Bytes sent."""
        self._random = random.Random(seed)
        self._number = 65_000
        self._feedback = TransportFeedbackGenerator()
        self._arrivals: list[tuple[float, int]] = []
        self._reports: list[tuple[float, bytes]] = []
        self._next_frame = self.now

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self.now < end:
            self._receive()
            sizes: list[int] = []
            if self.now >= self._next_frame:
                self._next_frame += FRAME
                octets = int(min(self.wanted, 0.95 * self.downlink.estimate) * FRAME / 8)
                self.media += octets
                sizes += [PACKET] * (octets // PACKET)
                sizes.append(max(octets % PACKET, 60))
                self.downlink.wish(int(self.wanted) if self.wanted > 0.95 * self.downlink.estimate else None)
            octets = self.downlink.probe(self.now)
            self.padding += octets
            sizes += [PADDING] * -(-octets // PADDING)
            if sizes:
                self._send(tuple(sizes))
            self.now += STEP

    def _send(self, sizes: tuple[int, ...]) -> None:
        self.record.add(sizes, self.now)
        for size in sizes:
            arrivals = self.link.arrivals(size, self.now, self._random)
            self.lost += not arrivals
            for arrival in arrivals:
                self.delays.append(arrival - self.now - self.link.delay)
                self._arrivals.append((arrival, self._number))
            self._number += 1

    def _receive(self) -> None:
        """Let packets arrive at the viewer, and the viewer's feedback at the relay."""
        self._arrivals.sort()
        arrived = list(itertools.takewhile(lambda each: each[0] <= self.now, self._arrivals))
        del self._arrivals[: len(arrived)]
        for arrival, number in arrived:
            self._feedback.received(number & 0xFFFF, arrival)
        if self._feedback.due is not None and self.now >= self._feedback.due + 0.05:
            self._reports += [(self.now + self.link.delay, each) for each in self._feedback.build(1, 1)]
        while self._reports and self._reports[0][0] <= self.now:
            for packet in rtcp.parse(self._reports.pop(0)[1], rtcp.FOR_RELAY):
                assert isinstance(packet, TransportFeedback)
                self.downlink.receive_feedback(packet, self.now, 2 * self.link.delay)

    def seconds_until(self, bitrate: float, limit: float) -> float:
        """Run until the estimate has reached a bitrate; `AssertionError` after `limit` seconds."""
        start = self.now
        while self.downlink.estimate < bitrate:
            assert self.now - start < limit, f"{self.downlink.estimate} after {limit} s"
            self.run(0.05)
        return self.now - start

    def delay(self, share: float) -> float:
        """That quantile of the queueing delay since the last call, seconds."""
        delays, self.delays = sorted(self.delays), []
        return delays[int(share * (len(delays) - 1))]
