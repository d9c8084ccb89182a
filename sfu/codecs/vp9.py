"""The VP9 payload descriptor (RFC 9628, section 4.2): where a decoder can start, and a packet's layer."""

from typing import NamedTuple

from sfu.codecs import fmtp

NAME = "VP9"

PROFILE = "profile-id"


class Vp9Error(ValueError):
    """A payload that is not VP9."""


class Vp9Descriptor(NamedTuple):
    """What the descriptor says of a packet's frame; the frames of all spatial layers make up a picture."""

    predicted: bool
    """Whether the frame depends on earlier pictures."""
    begins_frame: bool
    ends_frame: bool
    temporal: int
    spatial: int
    up: bool
    """Whether later pictures of higher temporal layers don't depend on those layers before this picture."""


def parse(payload: bytes) -> Vp9Descriptor:
    """Read the descriptor. Raises `Vp9Error`."""
    try:
        flags = payload[0]
        layers = 0
        if flags & 0x20:
            position = 1
            if flags & 0x80:
                position = 3 if payload[1] & 0x80 else 2
            layers = payload[position]
    except IndexError:
        raise Vp9Error("VP9 payload descriptor cut short") from None
    return Vp9Descriptor(
        predicted=bool(flags & 0x40),
        begins_frame=bool(flags & 0x08),
        ends_frame=bool(flags & 0x04),
        temporal=layers >> 5,
        spatial=layers >> 1 & 7,
        up=bool(layers & 0x10),
    )


def is_keyframe(descriptor: Vp9Descriptor) -> bool:
    """Whether the packet begins a key frame: first of an unpredicted frame, on the lowest spatial layer."""
    return descriptor.begins_frame and not descriptor.predicted and not descriptor.spatial


def decodes(decoder: str, stream: str) -> bool:
    """Whether a decoder can decode a stream, by their fmtp parameters: none of the profiles includes another; without
    one it is profile 0 (RFC 9628, section 6.1).
    """
    return fmtp.number(decoder, PROFILE, 0) == fmtp.number(stream, PROFILE, 0)
