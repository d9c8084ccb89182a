"""Faults of a relay that runs in this process: what a load test has to notice."""

import random
import time

from sfu.net.udp import UdpSocket
from sfu.wire.stun import Address
from web.app import Server

_RTCP = range(192, 224)
"""Second bytes of RTCP packets among those of RTP (RFC 5761, section 4)."""


class RelayFaults:
    """Loses packets on their way to viewers, or holds the relay up, as told; `seed` decides which packets."""

    def __init__(self, server: Server, seed: int = 1) -> None:
        assert server.media.socket is not None
        self._socket: UdpSocket = server.media.socket
        self._send = self._socket.send
        self._count = 0
        self._every = 0
        self._random = random.Random(seed)
        self._next = 0
        self.dropped = 0
        """Media packets."""

    def drop_every(self, number: int) -> None:
        """Lose one of so many media packets from now on; 0: none any more."""
        self._every = number
        self._count = 0
        self._next = self._random.randrange(number) if number else 0
        self._socket.send = self._lossy if number else self._send  # type: ignore[method-assign]

    def stall(self, seconds: float) -> None:
        """Do nothing at all for so long, and nothing else in the process."""
        time.sleep(seconds)

    def _lossy(self, data: memoryview | bytes, segment: int, address: Address) -> None:
        for start in range(0, len(data), segment):
            packet = data[start : start + segment]
            if not self._loses(packet):
                self._send(packet, segment, address)

    def _loses(self, packet: memoryview | bytes) -> bool:
        if len(packet) < 12 or packet[0] >> 6 != 2 or packet[1] in _RTCP:
            return False
        self._count += 1
        if self._count <= self._next:
            return False
        # One in each stretch of packets, where in it is drawn: no stream is in step with that.
        self._next = self._every * (self._count // self._every + 1) + self._random.randrange(self._every)
        self.dropped += 1
        return True
