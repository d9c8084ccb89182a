"""The load: publishers that send in bursts or paced, and the cost of sending it through a relay."""

import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sfu.wire import rtp
from tests.bench.peers import Peer, cpu_seconds
from tests.bench.relay_process import PUBLISH_MID
from tests.bench.sink import Arrivals, Sink

PACKETS_PER_FRAME, PAYLOAD = 6, 1100
KEYFRAME_EVERY = 30
SETTLING = 0.15
"""Seconds after the last packet until all have arrived."""

Pattern = Literal["bursts", "spread", "paced"]
"""When a frame's packets are sent. `bursts`: all publishers at the same moment. `spread`: each publisher in a burst of
its own, the publishers spread over the frame time. `paced`: single packets at even intervals."""


def schedule(pattern: Pattern, publishers: int) -> list[tuple[float, list[tuple[int, int]]]]:
    """One frame time: the moments, as shares of it, and the packets (publisher, index) that are sent at each."""
    indexes = range(PACKETS_PER_FRAME)
    if pattern == "bursts":
        return [(0.0, [(number, index) for number in range(publishers) for index in indexes])]
    if pattern == "spread":
        return [(number / publishers, [(number, index) for index in indexes]) for number in range(publishers)]
    order = [(number, index) for index in indexes for number in range(publishers)]
    return [(slot / len(order), [packet]) for slot, packet in enumerate(order)]


class Sender:
    """Sends VP8-like packets for a set of publishers, and notes the times."""

    def __init__(self, peers: list[Peer]) -> None:
        self.peers = peers
        self.sent_at: list[list[float]] = [[] for _ in peers]
        """For each publisher, the wall-clock time of each packet of the last run, seconds."""
        self._frame = 0
        self._wide = [0] * len(peers)
        self._body = os.urandom(PAYLOAD - 4)

    def run(self, pattern: Pattern, seconds: float, fps: float) -> int:
        """Send for that long; returns the number of packets."""
        moments = schedule(pattern, len(self.peers))
        self.sent_at = [[] for _ in self.peers]
        start, first = time.monotonic(), self._frame
        frames = max(1, round(seconds * fps))
        while self._frame < first + frames:
            for share, packets in moments:
                for number, index in packets:
                    self._prepare(number, index)
                _wait_until(start + (self._frame - first + share) / fps)
                for number, _ in packets:
                    self._send(number)
            self._frame += 1
            for peer in self.peers:
                peer.pump(time.monotonic())
        return frames * PACKETS_PER_FRAME * len(self.peers)

    def record(self, path: Path, frames: int) -> None:
        """Write the encrypted packets of so many frames to a file, as `Commands.replay` reads them."""
        with path.open("wb") as file:
            for _ in range(frames):
                for number, index in schedule("bursts", len(self.peers))[0][1]:
                    self._prepare(number, index)
                    datagram = self.peers[number].endpoint.outgoing.pop(0)
                    file.write(struct.pack("!BH", number, len(datagram)) + datagram)
                self._frame += 1

    def _prepare(self, number: int, index: int) -> None:
        """Encrypt packet `index` of the current frame; one frame in thirty is a keyframe."""
        seq = self._frame * PACKETS_PER_FRAME + index
        start = b"\x10" if index == 0 else b"\x00"
        payload = start + (b"\x01" if self._frame % KEYFRAME_EVERY else b"\x00") + b"\x00\x00" + self._body
        self._wide[number] += 1
        extensions = {1: (self._wide[number] & 0xFFFF).to_bytes(2)}
        if self._frame < 3:
            extensions[2] = PUBLISH_MID.encode()
        packet = rtp.build_packet(
            96,
            seq & 0xFFFF,
            self._frame * 3000 & 0xFFFFFFFF,
            1000 + number,
            payload,
            marker=index == PACKETS_PER_FRAME - 1,
            extensions=extensions,
        )
        self.peers[number].endpoint.send_rtp(packet)

    def _send(self, number: int) -> None:
        peer = self.peers[number]
        assert peer.endpoint.address is not None
        datagram = peer.endpoint.outgoing.pop(0)
        self.sent_at[number].append(time.time())
        peer.socket.sendto(datagram, peer.endpoint.address)


def _wait_until(moment: float) -> None:
    left = moment - time.monotonic()
    if left > 0:
        time.sleep(left)


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one run: packets expected and received, CPU time in seconds, delays in seconds."""

    expected: int
    received: int
    cpu: float
    delays: list[float]

    @property
    def us_per_forwarded(self) -> float:
        """Microseconds of CPU for each packet that reached a viewer."""
        return self.cpu / max(1, self.received) * 1e6


class Load:
    """Publishers and viewers of one relay, whose process is `pid`; they stay connected from run to run."""

    def __init__(self, pid: int, publishers: list[Peer], viewers: list[Peer]) -> None:
        self._pid = pid
        self.viewers = len(viewers)
        self.sender = Sender(publishers)
        self.profile = viewers[0].profile
        self._sink = Sink(viewers, PAYLOAD)

    def run(
        self, pattern: Pattern, seconds: float, *, fps: float = 30.0, warm_up: float = 1.0, measure: bool = False
    ) -> Run:
        """Send, after a warm-up of so many seconds; with `measure`, note all delays, which costs the sink more."""
        if warm_up:
            self.sender.run(pattern, warm_up, fps)
            time.sleep(SETTLING)
        self._sink.begin(measure=measure)
        before = cpu_seconds(self._pid)
        sent = self.sender.run(pattern, seconds, fps)
        time.sleep(SETTLING)
        cpu = cpu_seconds(self._pid) - before
        received, arrivals = self._sink.end()
        return Run(sent * self.viewers, received, cpu, delays(arrivals, self.sender.sent_at))

    def stop(self) -> None:
        """Stop the sink."""
        self._sink.stop()


def delays(arrivals: Arrivals, sent_at: list[list[float]]) -> list[float]:
    """Seconds from sending to arrival, of all packets of all viewers.

    A stream belongs to the publisher whose packets were sent most recently before; its last packet is the last sent.
    """
    found: list[float] = []
    for stream in arrivals.values():
        last = stream[-1][0]
        back = [((last - seq) & 0xFFFF, moment) for seq, moment in stream]
        candidates = [
            [moment - sent[-1 - steps] for steps, moment in back if steps < len(sent)] for sent in sent_at if sent
        ]
        found += min((candidate for candidate in candidates if candidate and min(candidate) >= 0), key=sum, default=[])
    return found
