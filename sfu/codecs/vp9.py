"""The VP9 payload descriptor (RFC 9628, section 4.2): where a decoder can start."""

NAME = "VP9"


def is_keyframe(payload: bytes) -> bool:
    """Whether the packet begins a key frame: first of an unpredicted frame, on the lowest spatial layer."""
    if not payload:
        return False
    flags = payload[0]
    predicted, layers, start = flags & 0x40, flags & 0x20, flags & 0x08
    if predicted or not start:
        return False
    if not layers:
        return True
    position = 1
    if flags & 0x80:
        if len(payload) < 2:
            return False
        position = 3 if payload[1] & 0x80 else 2
    return position < len(payload) and not payload[position] & 0x0E
