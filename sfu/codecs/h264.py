"""H.264 in RTP (RFC 6184): where a decoder can start, and which decoders can."""

from typing import NamedTuple

from sfu.codecs import fmtp

NAME = "H264"

PROFILE, PACKETIZATION = "profile-level-id", "packetization-mode"

SINGLE, NON_INTERLEAVED, INTERLEAVED = 0, 1, 2
"""Packetization modes (RFC 6184, section 5.4). Receivers of the second take streams of the first, too."""

LEVEL_3_1 = 62
"""See `Profile.level`. The level that browsers state for their decoders, which decode more."""

_BASELINE, _MAIN, _EXTENDED, _HIGH = 0x42, 0x4D, 0x58, 0x64
_RANKS = {_BASELINE: 0, _MAIN: 1, _HIGH: 2}
"""Each of these profiles includes those of lower rank (RFC 6184, section 8.1, table 5). Baseline counts as Constrained
Baseline: no encoder for live video uses the tools by which they differ."""

_SET3 = 0x10
"""Of a profile's constraints: with it, level 1.1 of some profiles is level 1b."""

_IDR, _SPS = 5, 7
_MAX_UNITS = 8
"""Units of an aggregation packet that are read: parameter sets come first."""

_STAP_A, _STAP_B, _FU_A, _FU_B = 24, 25, 28, 29


class Profile(NamedTuple):
    """What `profile-level-id` says (RFC 6184, section 8.1)."""

    number: int
    """The `profile_idc`; that of Baseline for streams of other profiles that a decoder of Baseline can decode."""
    level: int
    """Twenty times the level: 62 is level 3.1. Level 1b is 21, between 1 and 1.1."""

    @property
    def rank(self) -> int | None:
        """How demanding it is, 0 to 2; None: it neither includes nor is included in the others."""
        return _RANKS.get(self.number)


_DEFAULT = Profile(_BASELINE, LEVEL_3_1)
"""What WebRTC endpoints mean that name no profile, other than RFC 6184, which has level 1."""


def profile(parameters: str) -> Profile:
    """Read the profile and level that an fmtp line names."""
    value = _hex(fmtp.find(parameters, PROFILE), 6)
    if value is None:
        return _DEFAULT
    number, constraints, level = value >> 16, value >> 8 & 0xFF, value & 0xFF
    is_1b = level == 9 or (level == 11 and constraints & _SET3 and number in (_BASELINE, _MAIN, _EXTENDED))
    if (number == _MAIN and constraints & 0x80) or (number == _EXTENDED and constraints & 0xC0 == 0xC0):
        number = _BASELINE
    return Profile(number, 21 if is_1b else 2 * level)


def packetization_mode(parameters: str) -> int:
    """The packetization mode that an fmtp line names (RFC 6184, section 8.1)."""
    return fmtp.number(parameters, PACKETIZATION, SINGLE)


def decodes(decoder: str, stream: str) -> bool:
    """Whether a decoder can decode a stream, by their fmtp parameters (RFC 6184, section 8.2.2).

    Levels are compared as they are, whether or not `level-asymmetry-allowed` is set: a viewer's level is about what it
    receives, and a sender's about what it sends. See `bound_level` for the latter.
    """
    mode, sent = packetization_mode(decoder), packetization_mode(stream)
    if mode != sent and not (mode == NON_INTERLEAVED and sent == SINGLE):
        return False
    mine, theirs = profile(decoder), profile(stream)
    if max(mine.level, _max_receive_level(decoder)) < theirs.level:
        return False
    if mine.number == theirs.number:
        return True
    return mine.rank is not None and theirs.rank is not None and mine.rank >= theirs.rank


def bound_level(parameters: str) -> str:
    """Parameters to answer a sender with: at most level 3.1, which all WebRTC decoders state.

    An answer may lower the level that was offered (RFC 6184, section 8.2.2): an encoder that could do more then sends
    what everyone can decode.
    """
    found = profile(parameters)
    value = fmtp.find(parameters, PROFILE)
    if value is None or found.level <= LEVEL_3_1 or _hex(value, 6) is None:
        return parameters
    return fmtp.replace(parameters, PROFILE, f"{value[:4]}{LEVEL_3_1 // 2:02x}")


def _max_receive_level(parameters: str) -> int:
    """A higher level that a decoder states for what it receives, as in `Profile.level`; 0: none."""
    value = _hex(fmtp.find(parameters, "max-recv-level"), 4)
    return 0 if value is None else 2 * (value & 0xFF)


def _hex(value: str | None, digits: int) -> int | None:
    if value is None or len(value) != digits:
        return None
    try:
        return int(value, 16)
    except ValueError:
        return None


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
