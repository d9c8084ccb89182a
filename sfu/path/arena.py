"""The arena: outgoing packets are put together here, encrypted, and sent by as few system calls as possible."""

from collections.abc import Callable, Iterable, Sequence

from sfu.secure.srtp import MAX_OVERHEAD, Buffer
from sfu.wire.stun import Address

SendSegments = Callable[[memoryview, int, Address], None]
"""`send(data, segment, address)`: send `data` in datagrams of `segment` bytes, the last of which may be shorter."""

MAX_GSO_SEGMENTS = 64
"""Datagrams in one send: the kernel's UDP_MAX_SEGMENTS was that before Linux 6.9."""

MAX_BYTES = 60_000
"""Bytes in one send: a UDP datagram's limit of 65,507 applies to all of it."""

MAX_LAYOUT = 128 * 2048
"""Bytes of packets put in at once, after a flush: the largest packets of one encoding in one drain of the socket, or in
a replay. Larger batches are put in packet by packet (`Batch.layout`)."""

Run = tuple[int, int, int]
"""Beginning and end in the arena, and the size of each packet but the last, which may be shorter: one send, by generic
segmentation offload (GSO)."""


def cut(packets: Iterable[tuple[int, int]]) -> list[Run]:
    """Make runs of packets, given by beginning and size, in order of their beginning."""
    runs: list[Run] = []
    for start, size in packets:
        if runs and _fits(runs[-1], start, size):
            runs[-1] = runs[-1][0], start + size, runs[-1][2]
        else:
            runs.append((start, start + size, size))
    return runs


def _fits(run: Run, start: int, size: int) -> bool:
    """Whether a packet can follow in the same run: directly after full ones, not larger, not one too many."""
    first, end, segment = run
    return (
        start == end
        and size <= segment
        and (end - first) % segment == 0
        and end - first < min(MAX_GSO_SEGMENTS * segment, MAX_BYTES - segment)
    )


class Arena:
    """Consecutive packets for one destination at a time. Shared by all transports of a relay."""

    __slots__ = ("buffer", "position", "runs")

    def __init__(self) -> None:
        # Either there is room below `MAX_BYTES`, or the arena is empty and has room for `MAX_LAYOUT`.
        self.buffer = Buffer(max(MAX_BYTES, MAX_LAYOUT) + MAX_OVERHEAD)
        self.position = 0
        """Where the next packet goes."""
        self.runs: Sequence[Run] = ()
        """How to send the packets in it."""

    def lacks_room(self, size: int) -> bool:
        """Whether the arena must be flushed before `size` more bytes are put in."""
        return self.position > 0 and self.position + size > MAX_BYTES

    def added(self, runs: Sequence[Run], size: int) -> None:
        """Note that `size` bytes were put at `position`; the runs are relative to it."""
        base = self.position
        self.position = base + size
        if not base:
            self.runs = runs
            return
        merged = list(self.runs)
        for start, end, segment in runs:
            start, end = start + base, end + base
            last = merged[-1] if merged else (0, 0, 0)
            room = min(MAX_GSO_SEGMENTS * segment, MAX_BYTES) - (end - start)
            if last[2] == segment and last[1] == start and (start - last[0]) % segment == 0 and start - last[0] <= room:
                merged[-1] = last[0], end, segment
            else:
                merged.append((start, end, segment))
        self.runs = merged

    def flush(self, send: SendSegments, address: Address) -> None:
        """Send all packets. The arena is empty afterwards, even if `send` raises."""
        view, runs = self.buffer.view, self.runs
        self.position = 0
        self.runs = ()
        for start, end, segment in runs:
            send(view[start:end], segment, address)
