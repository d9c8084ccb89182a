"""Where outgoing packets are put together, encrypted, and cut into as few system calls as possible."""

from collections.abc import Callable

from sfu.srtp import MAX_OVERHEAD, Buffer
from sfu.stun import Address

SendSegments = Callable[[memoryview, int, Address], None]
"""`send(data, segment, address)`: send `data` cut into datagrams of `segment` bytes, the last of which may be shorter."""

MAX_SEGMENTS = 64
"""Datagrams in one send: the kernel's UDP_MAX_SEGMENTS was that before Linux 6.9."""

MAX_BYTES = 60_000
"""Bytes in one send: a UDP datagram's limit of 65,507 holds for the whole."""


class Arena:
    """Packets for one destination at a time, one behind the other. Shared by all transports of a relay.

    Packets of one size, and a shorter one after them, make a run: one generic segmentation offload (GSO) send.
    """

    __slots__ = ("_count", "_run_start", "_runs", "_segment", "buffer", "position")

    def __init__(self) -> None:
        self.buffer = Buffer(MAX_BYTES + 2 * (1500 + MAX_OVERHEAD))
        self.position = 0
        """Where the next packet goes."""
        self._run_start = 0
        self._segment = 0
        self._count = 0
        self._runs: list[tuple[int, int, int]] = []

    @property
    def full(self) -> bool:
        """Whether the arena must be flushed before another packet is put in."""
        return self.position >= MAX_BYTES

    def added(self, size: int) -> None:
        """A packet of `size` bytes has been put at `position`."""
        segment = self._segment
        if size == segment and self._count < MAX_SEGMENTS:
            self.position += size
            self._count += 1
        elif size < segment and self._count < MAX_SEGMENTS:
            self.position += size
            self._runs.append((self._run_start, self.position, segment))
            self._run_start = self.position
            self._segment = 0
        else:
            if segment:
                self._runs.append((self._run_start, self.position, segment))
            self._run_start = self.position
            self._segment = size
            self._count = 1
            self.position += size

    def flush(self, send: SendSegments, address: Address) -> None:
        """Send all that is in, and start anew."""
        if self._segment:
            self._runs.append((self._run_start, self.position, self._segment))
        view = self.buffer.view
        for start, end, segment in self._runs:
            send(view[start:end], segment, address)
        self.position = self._run_start = self._segment = 0
        self._runs.clear()
