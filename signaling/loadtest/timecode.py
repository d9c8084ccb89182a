"""Time codes: when a packet was sent, in the packet itself, where decoders ignore it.

A code is 12 bytes: `MAGIC`, the sending machine's number, and the wall clock in microseconds. VP8 has it behind the
last partition of a frame, H.264 in a NAL unit of filler data, AV1 in an OBU of padding, Opus in a packet's padding.
VP9 has no place that all decoders ignore.
"""

import struct

MAGIC = b"\x6d\x6c\xc5"
SIZE = 12

_code = struct.Struct("!3sBQ")
_FILLER_NAL = b"\x0c"
_PADDING_OBU = bytes((SIZE + 2, 0x78))
"""Length of the element, and an OBU header of type 15 without a size field (AV1 specification, section 5.3.2)."""
_TRAILING_BIT = b"\x80"
_OPUS_PADDED_FRAME = bytes((0x41, SIZE))
"""A frame count of one, constant bitrate, with padding, and the padding's length (RFC 6716, section 3.2.5)."""


def encode(machine: int, now: float) -> bytes:
    """A code; `now` by the wall clock, seconds."""
    return _code.pack(MAGIC, machine, int(now * 1e6))


def decode(payload: bytes, machine: int) -> float | None:
    """When the packet was sent, by the wall clock, seconds. None: no code of that machine, whose clock is ours."""
    at = payload.rfind(MAGIC, len(payload) - SIZE - 1)
    if at < 0 or at + SIZE > len(payload):
        return None
    _, sender, microseconds = _code.unpack_from(payload, at)
    return microseconds / 1e6 if sender == machine else None


def in_opus(packet: bytes, code: bytes) -> bytes:
    """An Opus packet of one frame with a code in its padding (RFC 6716, section 3.2.5)."""
    if packet[0] & 3:
        return packet
    return bytes((packet[0] | 3,)) + _OPUS_PADDED_FRAME + packet[1:] + code


def behind_vp8(payload: bytes, code: bytes) -> bytes:
    """The last payload of a VP8 frame with a code. A decoder reads no further than it has to (RFC 6386, section 7)."""
    return payload + code


def behind_av1(payload: bytes, code: bytes) -> bytes:
    """The last payload of a temporal unit, whose elements have their lengths told, with a code in a padding OBU."""
    return payload + _PADDING_OBU + code + _TRAILING_BIT


def as_h264(code: bytes) -> bytes:
    """The payload of a packet of its own (ITU-T H.264, section 7.3.2.7)."""
    return _FILLER_NAL + code + _TRAILING_BIT
