"""The latest packets of a stream, kept for retransmission, by their unwrapped sequence numbers."""

from sfu.packet import Packet

SIZE = 512
"""Packets; a power of two. Two seconds of video at 2.5 Mbit/s, which is as long as a receiver waits for a packet."""

_MASK = SIZE - 1


class PacketCache:
    """A ring indexed by sequence number: no search, no clean-up, no growth after it is full."""

    __slots__ = ("_ring",)

    def __init__(self) -> None:
        self._ring: list[Packet | None] = [None] * SIZE

    def put(self, packet: Packet) -> None:
        """Keep a packet in place of the one `SIZE` before it."""
        self._ring[packet.seq & _MASK] = packet

    def get(self, seq: int) -> Packet | None:
        """The packet of that sequence number; None where it isn't here (any more)."""
        packet = self._ring[seq & _MASK]
        return packet if packet is not None and packet.seq == seq else None
