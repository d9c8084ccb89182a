"""The packets that one encoding received in one drain of the socket, made ready for many viewers at once."""

from sfu.codecs import red
from sfu.extensions import ExtensionMap
from sfu.packet import Packet
from sfu.rtp import ONE_BYTE_PROFILE

MAX_EVENING = 16
"""Bytes of RTP padding at most that are spent to make packets equal in size: encoders cut a frame into packets that
differ by a byte or two, and only equal ones go out in one send."""

ROOM_FOR_HEADER = 19
"""Bytes of an outgoing packet that differ between viewers: RTP header, extension header, transport-wide number."""

Row = tuple[int, int, int, int, int, int, bytes, int, tuple[int, int, int, int] | None]
"""First byte, marker, sequence number, timestamp, extension word, where the body goes, body, size of the packet,
picture numbers with offsets in the packet."""


class Batch:
    """Packets in order of arrival, with what is worked out once for all viewers."""

    __slots__ = ("_plain", "_rows", "contiguous", "keyframe_at", "octets", "packets")

    def __init__(self, packets: list[Packet], *, contiguous: bool) -> None:
        self.packets = packets
        self.contiguous = contiguous
        """Whether the numbers follow each other, and all packets have a payload."""
        self.keyframe_at = next((index for index, packet in enumerate(packets) if packet.keyframe), -1)
        """Index of the first packet that a decoder can start with; -1: none."""
        self.octets = sum(len(packet.payload) for packet in packets)
        self._plain: Batch | None = None
        self._rows: dict[ExtensionMap, list[Row]] = {}
        if len(packets) > 1:
            even(packets)

    def without_redundancy(self) -> "Batch":
        """The same packets for viewers who don't take RED (RFC 2198): the newest block alone."""
        if self._plain is None:
            self._plain = Batch([_plain(packet) for packet in self.packets], contiguous=self.contiguous)
        return self._plain

    def rows(self, extensions: ExtensionMap) -> list[Row]:
        """The packets as viewers with these extension ids get them."""
        rows = self._rows.get(extensions)
        if rows is None:
            rows = self._rows[extensions] = [row(packet, extensions) for packet in self.packets]
        return rows


def _plain(packet: Packet) -> Packet:
    try:
        payload = red.primary(packet.payload)[1]
    except red.RedError:
        payload = b""
    return Packet(
        packet.payload_type, packet.marker, packet.seq, packet.timestamp, payload, packet.arrival, packet.extensions
    )


def even(packets: list[Packet]) -> None:
    """Pad all packets but the last to the size of the largest, where little is missing (RFC 3550, section 5.1)."""
    largest = max(len(packet.payload) for packet in packets)
    for packet in packets[:-1]:
        missing = largest - len(packet.payload)
        if 0 < missing <= MAX_EVENING and packet.payload:
            packet.padding = missing


def row(packet: Packet, extensions: ExtensionMap) -> Row:
    """Lay out one packet for viewers with these extension ids (RFC 8285, section 4.2).

    The transport-wide number comes first, so that what differs between viewers lies in front of all that doesn't.
    """
    elements = b""
    for name, identifier in extensions.forwarded.items():
        value = packet.extensions.get(name)
        if value is not None:
            elements += bytes((identifier << 4 | len(value) - 1,)) + value
    if extensions.transport_wide:
        elements += bytes(-(len(elements) + 3) % 4)
        words, start = (len(elements) + 3) // 4, ROOM_FOR_HEADER
        head = elements
    else:
        elements += bytes(-len(elements) % 4)
        words, start = len(elements) // 4, 12
        head = (ONE_BYTE_PROFILE << 16 | words).to_bytes(4) + elements if words else b""
    payload_at = start + len(head)
    body = head + packet.payload
    first = 0x90 if words else 0x80
    if packet.padding:
        body += bytes(packet.padding - 1) + bytes((packet.padding,))
        first |= 0x20
    picture = packet.picture
    if picture is not None:
        at, number, tl0_at, tl0 = picture
        picture = (at and payload_at + at, number, tl0_at and payload_at + tl0_at, tl0)
    word = ONE_BYTE_PROFILE << 16 | words
    return first, packet.marker, packet.seq, packet.timestamp, word, start, body, start + len(body), picture
