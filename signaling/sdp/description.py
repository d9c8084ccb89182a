"""Session descriptions, as far as a relay that only answers needs them (RFC 8866, RFC 8829, RFC 8853)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

MAX_BYTES = 200_000
MAX_SECTIONS = 80
MAX_LINES = 3_600
"""Lines of a description, checked before anything is parsed. The page's offer with all of its 64 video slots has 72
sections and 3,000 lines."""

MAX_PARAMETERS = 1_000
"""Characters of an fmtp line. H.264 parameter sets take a few hundred."""

_MAX_FEEDBACK = 32
"""Kinds of feedback kept for a format; browsers name five."""

_MAX_FINGERPRINTS = 16
"""Fingerprints kept for a section; browsers have one."""

_MAX_CANDIDATES = 256
"""Candidates kept for a section."""

_MAX_STREAMS = 16
"""Simulcast streams of a section that are read; the relay takes four."""

_MAX_TYPES = 128
_PAYLOAD_TYPES = {str(number): number for number in range(_MAX_TYPES)}

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_DIRECTIONS: dict[str, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "sendonly",
    "recvonly": "recvonly",
    "inactive": "inactive",
}


class SdpError(ValueError):
    """Text that is not a session description; `args[0]` says what is wrong in a sentence."""


@dataclass(slots=True)
class Format:
    """A payload type of a media section: its `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` lines."""

    payload_type: int
    name: str = ""
    clock_rate: int = 0
    channels: str = ""
    parameters: str = ""
    feedback: list[str] = field(default_factory=list)

    def parameter(self, name: str) -> str | None:
        """A parameter of the fmtp line, without spaces."""
        parameters = ";" + self.parameters.replace(" ", "") + ";"
        start = parameters.find(f";{name}=")
        if start < 0:
            return None
        start += len(name) + 2
        return parameters[start : parameters.index(";", start)]


@dataclass(slots=True)
class MediaDescription:
    """A media section. Attributes at session level are copied into it."""

    kind: str
    port: int
    protocol: str
    payload_types: list[str]
    mid: str = ""
    direction: Direction = "sendrecv"
    formats: dict[int, Format] = field(default_factory=dict)
    """Formats with an attribute of their own, in the order of the media line."""
    extensions: dict[int, str] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)
    paused_rids: list[str] = field(default_factory=list)
    """Streams that are not sent at first (RFC 8853, section 5.1)."""
    ssrcs: dict[int, None] = field(default_factory=dict)
    rtx_pairs: list[tuple[int, int]] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    ice_ufrag: str = ""
    ice_password: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    setup: str = ""
    rtcp_mux: bool = False
    feedback: list[str] = field(default_factory=list)
    """For all formats (`a=rtcp-fb:*`); in the end each of them has it too."""


@dataclass(slots=True)
class SessionDescription:
    """A parsed description.

    `session_id` stays the same in all offers of one peer connection (RFC 8866, section 5.2; RFC 8829, section 5.2.2).
    """

    session_id: str = ""
    media: list[MediaDescription] = field(default_factory=list)
    bundle: list[str] = field(default_factory=list)
    extmap_allow_mixed: bool = False


def parse(text: str) -> SessionDescription:
    """Read an SDP. Raises `SdpError`, and nothing else, whatever the text. Unknown lines are skipped."""
    if len(text) > MAX_BYTES:
        raise SdpError("The session description is too large.")
    if text.count("\n") > MAX_LINES or text.count("\nm=") > MAX_SECTIONS:
        raise SdpError("The session description has too many lines or media sections.")
    # Don't split at Unicode's other line ends: they would get past the limits.
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != "v=0":
        raise SdpError("The session description doesn't begin with v=0.")
    session = SessionDescription()
    common = MediaDescription("", 0, "", [])
    section = common
    for number, line in enumerate(lines, 1):
        name, _, value = line.partition(":")
        take = _ATTRIBUTES.get(name)
        try:
            if take is not None:
                take(section, value)
            elif name[:2] == "m=":
                section = _parse_media_line(line[2:], common)
                session.media.append(section)
            elif name == "a=extmap-allow-mixed":
                session.extmap_allow_mixed = True
            elif section is common:
                _take_session_line(session, name, line)
        except (ValueError, IndexError, KeyError):
            raise SdpError(f"Line {number} of the session description can't be read: {line[:80]!r}.") from None
    for section in session.media:
        _finish(section)
    return session


def _parse_media_line(value: str, common: MediaDescription) -> MediaDescription:
    words = value.split(maxsplit=_MAX_TYPES + 3)
    if len(words) > _MAX_TYPES + 3:
        raise ValueError("more payload types than there are")
    section = MediaDescription(words[0], int(words[1].partition("/")[0]), words[2], words[3:])
    section.ice_ufrag, section.ice_password = common.ice_ufrag, common.ice_password
    section.fingerprints, section.setup = list(common.fingerprints), common.setup
    section.direction = common.direction
    if section.kind in ("audio", "video"):
        for word in words[3:]:
            _PAYLOAD_TYPES[word]
    return section


def _finish(section: MediaDescription) -> None:
    formats, common = section.formats, section.feedback[:_MAX_FEEDBACK]
    if not formats:
        return
    if section.kind in ("audio", "video"):
        types = dict.fromkeys(section.payload_types)
        section.formats = {
            number: formats[number] for number in map(_PAYLOAD_TYPES.__getitem__, types) if number in formats
        }
    else:
        section.formats = {}
    if common:
        for each in section.formats.values():
            each.feedback += common


def _take_session_line(session: SessionDescription, name: str, line: str) -> None:
    if name == "a=group" and not session.bundle:
        words = line.split(maxsplit=MAX_SECTIONS + 1)
        if words[0] == "a=group:BUNDLE":
            session.bundle = list(dict.fromkeys(words[1 : MAX_SECTIONS + 1]))
    elif name[:2] == "o=":
        session.session_id = line.split(maxsplit=2)[1]


def _take_direction(direction: Direction) -> Callable[[MediaDescription, str], None]:
    def take(section: MediaDescription, value: str) -> None:
        if not value:
            section.direction = direction

    return take


def _take_mid(section: MediaDescription, value: str) -> None:
    section.mid = value


def _take_ufrag(section: MediaDescription, value: str) -> None:
    section.ice_ufrag = value


def _take_password(section: MediaDescription, value: str) -> None:
    section.ice_password = value


def _take_fingerprint(section: MediaDescription, value: str) -> None:
    algorithm, digest = value.split()
    if len(section.fingerprints) < _MAX_FINGERPRINTS:
        section.fingerprints.append((algorithm.lower(), digest.upper()))


def _take_setup(section: MediaDescription, value: str) -> None:
    section.setup = value


def _take_rtcp_mux(section: MediaDescription, value: str) -> None:
    section.rtcp_mux = True


def _take_extension(section: MediaDescription, value: str) -> None:
    number, _, rest = value.partition(" ")
    if not number.isdecimal():  # a direction after a slash; browsers offer none
        number = number.partition("/")[0]
    section.extensions[int(number)] = rest.split(maxsplit=1)[0]


def _take_rid(section: MediaDescription, value: str) -> None:
    rid, direction = value.split(maxsplit=2)[:2]
    if direction == "send":
        section.rids.append(rid)


def _take_simulcast(section: MediaDescription, value: str) -> None:
    _, _, streams = f" {value}".partition(" send ")
    alternatives = streams.partition(" ")[0].replace(",", ";").split(";", _MAX_STREAMS)[:_MAX_STREAMS]
    section.paused_rids = [rid[1:] for rid in alternatives if rid[:1] == "~"]


def _take_candidate(section: MediaDescription, value: str) -> None:
    if len(section.candidates) < _MAX_CANDIDATES:
        section.candidates.append(value)


def _format(section: MediaDescription, word: str) -> Format:
    number = _PAYLOAD_TYPES[word]
    found = section.formats.get(number)
    if found is None:
        found = section.formats[number] = Format(number)
    return found


def _take_rtpmap(section: MediaDescription, value: str) -> None:
    word, _, rest = value.partition(" ")
    each = _format(section, word)
    each.name, _, rest = rest.partition("/")
    rate, _, each.channels = rest.partition("/")
    each.clock_rate = int(rate)


def _take_parameters(section: MediaDescription, value: str) -> None:
    word, _, rest = value.partition(" ")
    if len(rest) > MAX_PARAMETERS:
        raise ValueError("more parameters than any codec has")
    _format(section, word).parameters = rest


def _take_feedback(section: MediaDescription, value: str) -> None:
    word, _, rest = value.partition(" ")
    feedback = section.feedback if word == "*" else _format(section, word).feedback
    if len(feedback) < _MAX_FEEDBACK:
        feedback.append(rest)


def _take_ssrc(section: MediaDescription, value: str) -> None:
    section.ssrcs[_ssrc(value.split(maxsplit=1)[0])] = None


def _take_ssrc_group(section: MediaDescription, value: str) -> None:
    words = value.split(maxsplit=3)
    if words[0] == "FID":
        section.rtx_pairs.append((_ssrc(words[1]), _ssrc(words[2])))


_ATTRIBUTES: dict[str, Callable[[MediaDescription, str], None]] = {
    **{f"a={name}": _take_direction(direction) for name, direction in _DIRECTIONS.items()},
    "a=mid": _take_mid,
    "a=ice-ufrag": _take_ufrag,
    "a=ice-pwd": _take_password,
    "a=fingerprint": _take_fingerprint,
    "a=setup": _take_setup,
    "a=rtcp-mux": _take_rtcp_mux,
    "a=extmap": _take_extension,
    "a=rid": _take_rid,
    "a=simulcast": _take_simulcast,
    "a=candidate": _take_candidate,
    "a=rtpmap": _take_rtpmap,
    "a=fmtp": _take_parameters,
    "a=rtcp-fb": _take_feedback,
    "a=ssrc": _take_ssrc,
    "a=ssrc-group": _take_ssrc_group,
}
"""Handlers for the attributes of a section; all others are skipped."""


def _ssrc(word: str) -> int:
    number = int(word)
    if not 0 <= number < 1 << 32:
        raise ValueError("not an SSRC")
    return number
