"""AV1 in RTP (RTP payload format for AV1, version 1.0): where a decoder can start, and which decoders can."""

from sfu.codecs import fmtp

NAME = "AV1"

PROFILE, LEVEL, TIER = "profile", "level-idx", "tier"

LEVEL_3_1 = 5
"""The `level-idx` of level 3.1: what parameters without one mean, and what browsers state."""

_NEW_CODED_VIDEO_SEQUENCE = 0x08


def is_keyframe(payload: bytes) -> bool:
    """Whether the packet is the first of a coded video sequence, which begins with a key frame (the N bit,
    section 4.4).
    """
    return bool(payload) and bool(payload[0] & _NEW_CODED_VIDEO_SEQUENCE)


def decodes(decoder: str, stream: str) -> bool:
    """Whether a decoder can decode a stream, by their fmtp parameters (section 7.2): profiles include lower ones, and
    so do levels and tiers.
    """
    return all(
        fmtp.number(decoder, name, default) >= fmtp.number(stream, name, default)
        for name, default in ((PROFILE, 0), (LEVEL, LEVEL_3_1), (TIER, 0))
    )


def bound_level(parameters: str) -> str:
    """Parameters to answer a sender with: at most level 3.1 of the main tier, which all WebRTC decoders state.

    What each side can receive is independent of what the other can (section 7.2.3).
    """
    if fmtp.number(parameters, LEVEL, LEVEL_3_1) > LEVEL_3_1:
        parameters = fmtp.replace(parameters, LEVEL, str(LEVEL_3_1))
    return fmtp.replace(parameters, TIER, "0") if fmtp.number(parameters, TIER, 0) else parameters
