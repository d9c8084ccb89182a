"""RTP: headers, header extensions, sequence arithmetic, demultiplexing (RFC 3550, RFC 7983, RFC 8285, RFC 5761)."""

import struct
from typing import NewType

Ssrc = NewType("Ssrc", int)
"""Synchronisation source: the 32-bit name of one stream of packets inside a transport."""

Mid = NewType("Mid", str)
"""Media identification: the name of a media section of the SDP (RFC 9143)."""

Rid = NewType("Rid", str)
"""Restriction identifier: the name of one simulcast stream of a media section (RFC 8851); empty without simulcast."""

MAX_DATAGRAM = 1500
"""Bytes; a longer datagram isn't from a WebRTC endpoint, as none of them fragments."""

HEADER = struct.Struct("!BBHII")
HEADER_SIZE = HEADER.size

ONE_BYTE_PROFILE = 0xBEDE
"""Marks one-byte extension elements (RFC 8285, section 4.2)."""

TWO_BYTE_PROFILE = 0x1000
"""Marks two-byte extension elements; the last four bits are the application's (RFC 8285, section 4.3)."""

MAX_ELEMENTS = 32
"""Elements of a header extension that are read, bytes of padding included. Browsers send about ten."""

_elements = range(MAX_ELEMENTS)
_unpack_header = HEADER.unpack_from
_unpack_profile = struct.Struct("!HH").unpack_from


class RtpError(ValueError):
    """Bytes that are not an RTP packet."""


def is_stun(first_byte: int) -> bool:
    """Whether a datagram that begins with this byte is STUN (RFC 7983, section 7)."""
    return first_byte < 4


def is_dtls(first_byte: int) -> bool:
    """Whether a datagram that begins with this byte is DTLS (RFC 7983, section 7)."""
    return 20 <= first_byte < 64


def is_rtp_or_rtcp(first_byte: int) -> bool:
    """Whether a datagram that begins with this byte is RTP or RTCP (RFC 7983, section 7)."""
    return 128 <= first_byte < 192


def is_rtcp(second_byte: int) -> bool:
    """Tell RTCP from RTP by the second byte (RFC 5761, section 4)."""
    return 192 <= second_byte < 224


class RtpHeader:
    """A parsed header; `payload_start` and `payload_end` are offsets in the packet, the end is without padding."""

    __slots__ = ("extensions", "marker", "payload_end", "payload_start", "payload_type", "seq", "ssrc", "timestamp")

    def __init__(self, data: bytes | bytearray | memoryview, size: int) -> None:
        """Read the header of the RTP packet in the first `size` bytes of `data`. Raises `RtpError`."""
        if size < HEADER_SIZE:
            raise RtpError("shorter than an RTP header")
        first, second, self.seq, self.timestamp, self.ssrc = _unpack_header(data)
        if first >> 6 != 2:
            raise RtpError("not RTP version 2")
        self.marker = second & 0x80
        self.payload_type = second & 0x7F
        start = HEADER_SIZE + 4 * (first & 0x0F)
        if first & 0x10:
            if start + 4 > size:
                raise RtpError("header extension cut short")
            profile, words = _unpack_profile(data, start)
            end = start + 4 + 4 * words
            if end > size:
                raise RtpError("header extension cut short")
            self.extensions = parse_extensions(profile, bytes(data[start + 4 : end]))
            start = end
        else:
            if start > size:
                raise RtpError("contributing sources cut short")
            self.extensions = {}
        if first & 0x20:
            padding = data[size - 1] if size > start else 0
            if not 0 < padding <= size - start:
                raise RtpError("padding longer than the payload")
            size -= padding
        self.payload_start = start
        self.payload_end = size


def parse_extensions(profile: int, block: bytes) -> dict[int, bytes]:
    """Read a header extension block: id to value (RFC 8285, sections 4.2 and 4.3).

    Elements after a malformed one are ignored, as the RFC asks, and so are those after the first `MAX_ELEMENTS`;
    another profile gives an empty result.
    """
    found: dict[int, bytes] = {}
    position, size = 0, len(block)
    if profile == ONE_BYTE_PROFILE:
        for _ in _elements:
            if position >= size:
                break
            byte = block[position]
            position += 1
            if byte == 0:
                continue
            identifier, length = byte >> 4, (byte & 0x0F) + 1
            if identifier == 15 or position + length > size:
                break
            found[identifier] = block[position : position + length]
            position += length
    elif profile & 0xFFF0 == TWO_BYTE_PROFILE:
        for _ in _elements:
            if position + 1 >= size:
                break
            identifier, length = block[position], block[position + 1]
            position += 1
            if identifier == 0:
                continue
            position += 1
            if position + length > size:
                break
            found[identifier] = block[position : position + length]
            position += length
    return found


def build_extensions(values: dict[int, bytes]) -> bytes:
    """Make a header extension block of one-byte elements, with its profile and length; empty for no values.

    Ids are 1 to 14 and values 1 to 16 bytes long (RFC 8285, section 4.2); `ValueError` for others.
    """
    if not values:
        return b""
    block = bytearray()
    for identifier, value in values.items():
        if not (1 <= identifier <= 14 and 1 <= len(value) <= 16):
            raise ValueError("not a one-byte extension element")
        block.append(identifier << 4 | len(value) - 1)
        block += value
    block += bytes(-len(block) % 4)
    return struct.pack("!HH", ONE_BYTE_PROFILE, len(block) // 4) + bytes(block)


def build_packet(
    payload_type: int,
    seq: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    *,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
) -> bytes:
    """Make an RTP packet without contributing sources or padding."""
    block = build_extensions(extensions or {})
    header = HEADER.pack(0x90 if block else 0x80, payload_type | (0x80 if marker else 0), seq, timestamp, ssrc)
    return header + block + payload


def seq_delta(newer: int, older: int) -> int:
    """How far `newer` is ahead of `older`, as 16-bit sequence numbers: -32768 to 32767."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000


def timestamp_delta(newer: int, older: int) -> int:
    """How far `newer` is ahead of `older`, as 32-bit timestamps: -2**31 to 2**31 - 1."""
    return ((newer - older + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class Unwrapper:
    """Turns 16-bit numbers into numbers that don't wrap: each is the one nearest to the highest before it."""

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest: int | None = None

    def unwrap(self, number: int) -> int:
        """The number, unwrapped; it is below 0 if the first packets come late around a wrap."""
        if self.highest is None:
            self.highest = number
            return number
        unwrapped = self.highest + seq_delta(number, self.highest & 0xFFFF)
        if unwrapped > self.highest:
            self.highest = unwrapped
        return unwrapped
