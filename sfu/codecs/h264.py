"""H.264 in RTP (RFC 6184): where a decoder can start, and which decoders can."""

import functools

NAME = "H264"

_BASELINE, _MAIN, _EXTENDED, _HIGH = 0x42, 0x4D, 0x58, 0x64
_RANKS = {_BASELINE: 0, _MAIN: 1, _HIGH: 2}
"""Each of these profiles includes those of lower rank (RFC 6184, section 8.1, table 5). Baseline counts as Constrained
Baseline: no encoder for live video uses the tools by which they differ."""

_PROFILE = ";profile-level-id="

_IDR, _SPS = 5, 7
_MAX_UNITS = 8
"""Units of an aggregation packet that are read: parameter sets come first."""

_STAP_A, _STAP_B, _FU_A, _FU_B = 24, 25, 28, 29


def profile(parameters: str) -> int:
    """The `profile_idc` that an fmtp line names (RFC 6184, section 8.1)."""
    text = ";" + parameters.replace(" ", "").lower()
    start = text.find(_PROFILE)
    value = text[start + len(_PROFILE) :].partition(";")[0] if start >= 0 else ""
    if len(value) != 6:
        return _BASELINE
    try:
        number, constraints = int(value[:2], 16), int(value[2:4], 16)
    except ValueError:
        return _BASELINE
    constrained = (number == _MAIN and constraints & 0x80) or (number == _EXTENDED and constraints & 0xC0 == 0xC0)
    return _BASELINE if constrained else number


def rank(parameters: str) -> int | None:
    """How demanding the profile is, 0 to 2; None: it neither includes nor is included in the others."""
    return _RANKS.get(profile(parameters))


@functools.lru_cache(maxsize=256)
def decodes(decoder: str, stream: str) -> bool:
    """Whether a decoder can decode a stream, by their fmtp parameters. Levels aren't compared: browsers offer a low
    one and decode any.
    """
    if profile(decoder) == profile(stream):
        return True
    mine, theirs = rank(decoder), rank(stream)
    return mine is not None and theirs is not None and mine >= theirs


def is_keyframe(payload: bytes) -> bool:
    """Whether a decoder can start with the packet: parameter sets, or the first part of an IDR picture.

    Encoders for RTP send the sequence parameter set in front of each IDR picture, alone or aggregated with it
    (RFC 6184, sections 5.6 and 5.7.1); a newcomer can't start with an IDR slice without one.
    """
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind in (_STAP_A, _STAP_B):
        position = 1 if kind == _STAP_A else 3
        for _ in range(_MAX_UNITS):
            if position + 2 >= len(payload):
                break
            if payload[position + 2] & 0x1F == _SPS:
                return True
            position += 2 + int.from_bytes(payload[position : position + 2])
        return False
    return kind == _SPS
