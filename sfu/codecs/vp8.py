"""The VP8 payload descriptor (RFC 7741, section 4.2) and frame header (RFC 6386, section 9.1)."""

from typing import NamedTuple

NAME = "VP8"

INTER_FRAME = 0x01
"""Bit in a frame's first byte: it isn't a key frame."""


class Vp8Error(ValueError):
    """A payload that is not VP8."""


class Vp8Descriptor(NamedTuple):
    """What precedes the VP8 data of a packet. Offsets are in the payload; None if the field is missing."""

    size: int
    start_of_frame: bool
    picture_id: int | None
    picture_id_offset: int | None
    picture_id_is_long: bool
    tl0_index: int | None
    tl0_offset: int | None
    temporal_id: int | None
    layer_sync: bool


def parse(payload: bytes) -> Vp8Descriptor:
    """Read the descriptor. Raises `Vp8Error`."""
    try:
        return _parse(payload)
    except IndexError:
        raise Vp8Error("VP8 payload descriptor cut short") from None


def _parse(payload: bytes) -> Vp8Descriptor:
    first = payload[0]
    start_of_frame = bool(first & 0x10) and not first & 0x07
    position = 1
    picture_id = picture_id_offset = tl0_index = tl0_offset = temporal_id = None
    is_long = layer_sync = False
    if first & 0x80:
        flags = payload[1]
        position = 2
        if flags & 0x80:
            picture_id_offset = position
            is_long = bool(payload[position] & 0x80)
            if is_long:
                picture_id = (payload[position] & 0x7F) << 8 | payload[position + 1]
                position += 2
            else:
                picture_id = payload[position]
                position += 1
        if flags & 0x40:
            tl0_offset, tl0_index = position, payload[position]
            position += 1
        if flags & 0x30:
            if flags & 0x20:
                temporal_id = payload[position] >> 6
                layer_sync = bool(payload[position] & 0x20)
            position += 1
    if position >= len(payload):
        raise Vp8Error("VP8 payload without data")
    return Vp8Descriptor(
        position, start_of_frame, picture_id, picture_id_offset, is_long, tl0_index, tl0_offset, temporal_id, layer_sync
    )


def is_keyframe(payload: bytes, descriptor: Vp8Descriptor) -> bool:
    """Whether the packet begins a key frame: the inverse key frame flag of the frame's first byte is 0."""
    return descriptor.start_of_frame and not payload[descriptor.size] & INTER_FRAME
