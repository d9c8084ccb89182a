"""Packets as they are copied into the arena, before a viewer's own numbers are written over them and encryption."""

from collections.abc import Container
from typing import Any

from sfu.codecs.dependency import MANDATORY
from sfu.path.arena import Run, cut
from sfu.wire.extensions import DEPENDENCY_DESCRIPTOR, MAX_SHORT, ExtensionMap
from sfu.wire.packet import Packet
from sfu.wire.rtp import HEADER_SIZE

_EXTENSIONS_AT = HEADER_SIZE + 4
_TAIL = _EXTENSIONS_AT + 3
"""Offset of the last of the 20 bytes that are written for each viewer: the first after the transport-wide number, or
the last of that number in its two-byte form."""

_MAX_POINTERS = 16

Numbers = tuple[int, int, int, int, int, int]
"""The numbers to rewrite in a packet, each after its offset there (0: none): VP8's picture id, its TL0PICIDX, and the
frame number of a dependency descriptor."""

Row = tuple[int, int, int, int, int, int, int, Numbers | None]
"""The packet's offset; the upper half of its first 32 bits, without the payload type; sequence number; timestamp;
extension word; the byte after the transport-wide number; size before encryption; numbers of its frame."""


class Layout:
    """Consecutive packets, with room for the bytes that encryption adds, for all viewers with the same extension ids.

    `plain` is copied whole; then 20 bytes of each packet are overwritten: cheaper than building each packet.
    """

    __slots__ = (
        "ascending",
        "octets",
        "overhead",
        "plain",
        "pointers",
        "rows",
        "runs",
        "shift",
        "size",
        "sizes",
        "tag",
        "wide",
    )

    def __init__(self, packets: list[Packet], extensions: ExtensionMap, overhead: int) -> None:
        self.wide = extensions.transport_wide > 0
        if extensions.two_byte is not None and any(map(_needs_two_bytes, packets)):
            extensions = extensions.two_byte
        self.tag, self.shift = extensions.wide_tag, extensions.wide_shift
        """For the transport-wide number."""
        self.ascending = False
        """Whether the packets can be written at once (see `Batch.ascending`); set by `Batch`, as `octets` is."""
        self.octets = 0
        """Bytes of payload."""
        self.rows: list[Row] = []
        plain = bytearray()
        for packet in packets:
            self.rows.append(_append(plain, packet, extensions))
            plain += bytes(overhead)
        self.plain = bytes(plain)
        self.size = len(plain)
        self.overhead = overhead
        self.sizes = tuple([row[6] + overhead for row in self.rows]) if self.wide else ()
        """Bytes of each packet as sent, for the record of what left under transport-wide numbers."""
        self.runs = [(0, self.size, self.size)] if len(packets) == 1 else self.runs_without(())
        """How to send them."""
        self.pointers: dict[int, list[Any]] = {}
        """The results of `pointers_at`, by `base`."""

    def runs_without(self, refused: Container[int]) -> list[Run]:
        """How to send the packets, except those at these offsets."""
        return cut((row[0], row[6] + self.overhead) for row in self.rows if row[0] not in refused)

    def pointers_at(self, base: int, arena: Any) -> list[Any]:
        """For libsrtp: pointers to the packets when the layout is at `base` of the arena whose address is given."""
        found = [arena + (base + row[0]) for row in self.rows]
        if len(self.pointers) < _MAX_POINTERS:
            self.pointers[base] = found
        return found


def _needs_two_bytes(packet: Packet) -> bool:
    return any(len(value) > MAX_SHORT for value in packet.extensions.values())


def _append(plain: bytearray, packet: Packet, extensions: ExtensionMap) -> Row:
    """Append a packet. The transport-wide number is the first extension element, so that the bytes that differ between
    viewers come before all others (RFC 8285, section 4.2).
    """
    begin = len(plain)
    elements = b""
    frame_at = frame = 0
    for name, identifier in extensions.forwarded.items():
        value = packet.extensions.get(name)
        if value is not None:
            elements += extensions.element(identifier, value)
            if name == DEPENDENCY_DESCRIPTOR and len(value) >= MANDATORY:
                frame_at, frame = len(elements) - len(value) + 1, value[1] << 8 | value[2]
    if extensions.transport_wide:
        wide = bytes(extensions.wide_size)  # written for each viewer
        elements = wide + elements + bytes(-(len(wide) + len(elements)) % 4)
        frame_at += frame_at and len(wide)
        words = len(elements) // 4
        plain += bytes(_EXTENSIONS_AT) + elements
    else:
        elements += bytes(-len(elements) % 4)
        words = len(elements) // 4
        plain += bytes(HEADER_SIZE)
        if words:
            plain += (extensions.profile << 16 | words).to_bytes(4) + elements
    payload_at = len(plain) - begin
    plain += packet.payload
    first = 0x90 if words else 0x80
    if packet.padding:
        plain += bytes(packet.padding - 1) + bytes((packet.padding,))
        first |= 0x20
    size = len(plain) - begin
    frame_at += frame_at and _EXTENSIONS_AT
    numbers: Numbers | None = None
    if packet.picture is not None:
        at, number, tl0_at, tl0 = packet.picture
        numbers = at and payload_at + at, number, tl0_at and payload_at + tl0_at, tl0, frame_at, frame
    elif frame_at:
        numbers = 0, 0, 0, 0, frame_at, frame
    head = first << 24 | packet.marker << 16
    tail = plain[begin + _TAIL] if size > _TAIL else 0
    return begin, head, packet.seq, packet.timestamp, extensions.profile << 16 | words, tail, size, numbers
