"""The AV1 aggregation header (RTP payload format for AV1, version 1.0, section 4.4): where a decoder can start."""

NAME = "AV1"

_NEW_CODED_VIDEO_SEQUENCE = 0x08


def is_keyframe(payload: bytes) -> bool:
    """Whether the packet is the first of a coded video sequence, which begins with a key frame (the N bit)."""
    return bool(payload) and bool(payload[0] & _NEW_CODED_VIDEO_SEQUENCE)
