"""The latest packets of a stream, kept for retransmission, by their unwrapped sequence numbers."""

from sfu.packet import Packet

SIZE = 512
"""Packets at most; a power of two. Two seconds of video at 2.5 Mbit/s, which is as long as a receiver waits for one."""

KEPT_SECONDS = 2.5
"""A receiver that hasn't got a packet by then has given it up."""

KEPT_PACKETS = 64
"""Packets that are kept whatever their age: where frames come seconds apart, a loss is noticed only by the next one."""

_MASK = SIZE - 1


class PacketCache:
    """A ring indexed by sequence number: no search, and no growth after it is full.

    `trim` bounds it by age as well. Without that a slow stream would keep a minute of packets, and the garbage
    collector, which visits every packet in memory, would hold up a server with hundreds of streams for 200 ms.
    """

    __slots__ = ("_ring", "_trimmed")

    def __init__(self) -> None:
        self._ring: list[Packet | None] = [None] * SIZE
        self._trimmed = 0
        """What is before this sequence number was let go of."""

    def put(self, packet: Packet) -> None:
        """Keep a packet in place of the one `SIZE` before it."""
        self._ring[packet.seq & _MASK] = packet

    def get(self, seq: int) -> Packet | None:
        """The packet of that sequence number; None where it isn't here (any more)."""
        packet = self._ring[seq & _MASK]
        return packet if packet is not None and packet.seq == seq else None

    def trim(self, newest: int, now: float) -> None:
        """Let go of old packets; `newest`: the highest sequence number so far. To be called about once a second."""
        ring, limit = self._ring, now - KEPT_SECONDS
        seq = max(self._trimmed, newest - SIZE + 1)
        while seq <= newest - KEPT_PACKETS:
            packet = ring[seq & _MASK]
            if packet is not None:
                if packet.seq == seq and packet.arrival >= limit:
                    break
                ring[seq & _MASK] = None
            seq += 1
        self._trimmed = seq
