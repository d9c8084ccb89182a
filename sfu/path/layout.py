"""Packets as they lie in the arena before a viewer's own numbers are written into them and they are encrypted."""

from collections.abc import Container
from typing import Any

from sfu.path.arena import Run, cut
from sfu.wire.extensions import ExtensionMap
from sfu.wire.packet import Packet
from sfu.wire.rtp import HEADER_SIZE

_EXTENSIONS_AT = HEADER_SIZE + 4
_TAIL = _EXTENSIONS_AT + 3
"""Where the last of the 20 bytes is that are written for each viewer. It is the first behind the transport-wide number,
or the last of that number in its two-byte form."""

_MAX_POINTERS = 16

Picture = tuple[int, int, int, int]

Row = tuple[int, int, int, int, int, int, int, Picture | None]
"""Where the packet begins; the upper half of its first 32 bits, without the payload type; sequence number; timestamp;
extension word; the byte after the transport-wide number; size without what encryption adds; VP8 picture numbers with
their offsets in the packet."""


class Layout:
    """Packets one behind the other, with room for what encryption adds, for all viewers with the same extension ids.

    `plain` is copied whole; then 20 bytes of each packet are overwritten: cheaper than to put each packet together.
    """

    __slots__ = ("ascending", "octets", "overhead", "plain", "pointers", "rows", "runs", "size", "wide")

    def __init__(self, packets: list[Packet], extensions: ExtensionMap, overhead: int) -> None:
        self.wide = extensions.transport_wide > 0
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
        self.runs = [(0, self.size, self.size)] if len(packets) == 1 else self.runs_without(())
        """How to send them."""
        self.pointers: dict[int, list[Any]] = {}
        """What `pointers_at` has given, by its `base`."""

    def runs_without(self, refused: Container[int]) -> list[Run]:
        """How to send the packets but those that begin at these places."""
        return cut((row[0], row[6] + self.overhead) for row in self.rows if row[0] not in refused)

    def pointers_at(self, base: int, arena: Any) -> list[Any]:
        """For libsrtp: where the packets begin when the layout is put at `base` of an arena, whose address is given."""
        found = [arena + (base + row[0]) for row in self.rows]
        if len(self.pointers) < _MAX_POINTERS:
            self.pointers[base] = found
        return found


def _append(plain: bytearray, packet: Packet, extensions: ExtensionMap) -> Row:
    """Put a packet behind the others. The transport-wide number is the first extension element, so that what differs
    between viewers lies in front of all that doesn't (RFC 8285, section 4.2).
    """
    begin = len(plain)
    elements = b""
    for name, identifier in extensions.forwarded.items():
        value = packet.extensions.get(name)
        if value is not None:
            elements += extensions.element(identifier, value)
    if extensions.transport_wide:
        wide = bytes(extensions.wide_size)  # written for each viewer
        elements = wide + elements + bytes(-(len(wide) + len(elements)) % 4)
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
    picture = packet.picture
    if picture is not None:
        at, number, tl0_at, tl0 = picture
        picture = (at and payload_at + at, number, tl0_at and payload_at + tl0_at, tl0)
    head = first << 24 | packet.marker << 16
    tail = plain[begin + _TAIL] if size > _TAIL else 0
    return begin, head, packet.seq, packet.timestamp, extensions.profile << 16 | words, tail, size, picture
