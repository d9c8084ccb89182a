"""The latest packets of a stream, kept for retransmission, by their unwrapped sequence numbers."""

from sfu.packet import Packet

SIZE = 512
"""Packets at most; a power of two. Two seconds of video at 2.5 Mbit/s, which is as long as a receiver waits for one."""

KEPT_SECONDS = 2.5
"""A receiver that hasn't got a packet by then has given it up."""

KEPT_PACKETS = 64
"""Packets that are kept whatever their age: where frames come seconds apart, a loss is noticed only by the next one."""

_MASK = SIZE - 1

Row = tuple[int, float, int, int, int, bytes, tuple[tuple[str, bytes], ...], bool, tuple[int, int, int, int] | None]
"""Sequence number, arrival, and the other fields of a packet."""


class PacketCache:
    """A ring indexed by sequence number: no search, and no growth after it is full.

    What is kept are tuples of numbers and bytes: the garbage collector leaves those alone after it has seen them once,
    while it visits objects such as packets, and all that they hold, again and again. With the packets of hundreds of
    streams each of its passes would hold up the server for 30 ms and more. For the same reason `trim` bounds the ring
    by age.
    """

    __slots__ = ("_ring", "_trimmed")

    def __init__(self) -> None:
        self._ring: list[Row | None] = [None] * SIZE
        self._trimmed = 0
        """What is before this sequence number was let go of."""

    def put(self, packet: Packet) -> None:
        """Keep a packet in place of the one `SIZE` before it."""
        named = packet.extensions
        self._ring[packet.seq & _MASK] = (
            packet.seq,
            packet.arrival,
            packet.payload_type,
            packet.marker,
            packet.timestamp,
            packet.payload,
            tuple(named.items()) if named else (),
            packet.keyframe,
            packet.picture,
        )

    def get(self, seq: int) -> Packet | None:
        """The packet of that sequence number, without padding; None where it isn't here (any more)."""
        row = self._ring[seq & _MASK]
        if row is None or row[0] != seq:
            return None
        _, arrival, payload_type, marker, timestamp, payload, named, keyframe, picture = row
        packet = Packet(payload_type, marker, seq, timestamp, payload, arrival, dict(named))
        packet.keyframe, packet.picture = keyframe, picture
        return packet

    def trim(self, newest: int, now: float) -> None:
        """Let go of old packets; `newest`: the highest sequence number so far. To be called about once a second."""
        ring, limit = self._ring, now - KEPT_SECONDS
        seq = max(self._trimmed, newest - SIZE + 1)
        while seq <= newest - KEPT_PACKETS:
            row = ring[seq & _MASK]
            if row is not None:
                if row[0] == seq and row[1] >= limit:
                    break
                ring[seq & _MASK] = None
            seq += 1
        self._trimmed = seq
