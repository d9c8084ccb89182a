"""The latest packets of a stream, kept for retransmission by unwrapped sequence number."""

from typing import Any

from sfu.wire.packet import LAYERS, Packet, layers_of

SIZE = 512
"""Most packets; a power of two. Two seconds of video at 2.5 Mbit/s, as long as a receiver waits for a packet."""

KEPT_SECONDS = 2.5
"""Seconds after which a receiver has given a missing packet up."""

KEPT_PACKETS = 64
"""Packets kept whatever their age: if frames come seconds apart, a loss is noticed only at the next one."""

_MASK = SIZE - 1

Row = tuple[Any, ...]
"""Sequence number, arrival, payload type, marker, timestamp, payload, place, whether it is a keyframe, whether it has
a `picture`, the four numbers of that, and the extensions: names, then values. One tuple without nested ones: see
below."""

_FIXED = 9
"""Fields of every row."""


class PacketCache:
    """A ring indexed by sequence number: it needs no search, and stops growing when it is full.

    A packet is kept as one tuple of numbers and bytes: the garbage collector ignores that after its first visit, but
    visits objects such as packets, and all that they hold, again and again. With the packets of hundreds of streams its
    full passes would block the server for 30 ms and more, and those over young objects for 10 ms if each packet were a
    few nested tuples. For the same reason `trim` bounds the ring by age.
    """

    __slots__ = ("_ring", "_trimmed")

    def __init__(self) -> None:
        self._ring: list[Row | None] = [None] * SIZE
        self._trimmed = 0
        """Packets before this sequence number were dropped."""

    def put(self, packet: Packet) -> None:
        """Keep a packet in place of the one `SIZE` before it."""
        named, picture = packet.extensions, packet.picture
        self._ring[packet.seq & _MASK] = (
            packet.seq,
            packet.arrival,
            packet.payload_type,
            packet.marker,
            packet.timestamp,
            packet.payload,
            packet.place,
            packet.keyframe,
            picture is not None,
            *(picture or ()),
            *named,
            *named.values(),
        )

    def get(self, seq: int) -> Packet | None:
        """The packet of that sequence number, without padding; None: it isn't kept."""
        row = self._ring[seq & _MASK]
        if row is None or row[0] != seq:
            return None
        _, arrival, payload_type, marker, timestamp, payload, place, keyframe, has_picture = row[:_FIXED]
        names = _FIXED + 4 * has_picture
        values = (names + len(row)) // 2
        packet = Packet(
            payload_type,
            marker,
            seq,
            timestamp,
            payload,
            arrival,
            dict(zip(row[names:values], row[values:], strict=True)),
        )
        packet.place = place
        packet.keyframe, packet.picture = keyframe, row[_FIXED:names] if has_picture else None
        return packet

    def octets_by_layer(self, first: int, last: int) -> dict[tuple[int, int], int]:
        """Bytes of payload of the kept packets from `first` to `last`, by spatial and temporal layer."""
        by_place: dict[int, int] = {}
        for seq in range(first, last + 1):
            row = self._ring[seq & _MASK]
            if row is not None and row[0] == seq:
                place = row[6] & LAYERS
                by_place[place] = by_place.get(place, 0) + len(row[5])
        return {layers_of(place): octets for place, octets in by_place.items() if octets}

    def trim(self, newest: int, now: float) -> None:
        """Drop old packets; `newest`: the highest sequence number so far. Call it about once a second."""
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
