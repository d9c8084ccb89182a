"""H.264 in RTP (RFC 6184): where a decoder can start."""

NAME = "H264"

_IDR, _SPS = 5, 7
_STAP_A, _STAP_B, _FU_A, _FU_B = 24, 25, 28, 29


def is_keyframe(payload: bytes) -> bool:
    """Whether the packet begins what a decoder can start with: parameter sets, or the first part of an IDR picture.

    Encoders for RTP send the sequence parameter set in front of each IDR picture, alone or aggregated with it
    (RFC 6184, sections 5.6 and 5.7.1); an IDR slice without one is no start for a newcomer.
    """
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind in (_STAP_A, _STAP_B):
        position = 1 if kind == _STAP_A else 3
        while position + 2 < len(payload):
            if payload[position + 2] & 0x1F == _SPS:
                return True
            position += 2 + int.from_bytes(payload[position : position + 2])
        return False
    return kind == _SPS
