"""Session descriptions, as far as a relay that only answers needs them (RFC 8866, RFC 8829, RFC 8853)."""

from dataclasses import dataclass, field
from typing import Literal

MAX_BYTES = 200_000
MAX_SECTIONS = 128
MAX_LINES = 8_000
"""Checked before anything is parsed; a browser's offer with a hundred sections stays below a third of it."""

_MAX_FEEDBACK = 32
"""Kinds of feedback that are kept of a format; browsers name five."""

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
        """A parameter of the fmtp line, as it stands."""
        for item in self.parameters.split(";"):
            key, _, value = item.strip().partition("=")
            if key == name:
                return value
        return None


@dataclass(slots=True)
class MediaDescription:
    """A media section. Attributes that stand at session level are copied into it."""

    kind: str
    port: int
    protocol: str
    payload_types: list[str]
    mid: str = ""
    direction: Direction = "sendrecv"
    formats: dict[int, Format] = field(default_factory=dict)
    extensions: dict[int, str] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)
    ssrcs: dict[int, None] = field(default_factory=dict)
    rtx_pairs: list[tuple[int, int]] = field(default_factory=list)
    candidates: list[str] = field(default_factory=list)
    ice_ufrag: str = ""
    ice_password: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    setup: str = ""
    rtcp_mux: bool = False


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
    """Read an SDP. Raises `SdpError`, and nothing else, whatever the text. Unknown lines are passed over."""
    if len(text) > MAX_BYTES:
        raise SdpError("The session description is too large.")
    if text.count("\n") > MAX_LINES or text.count("\nm=") > MAX_SECTIONS:
        raise SdpError("The session description has too many lines or media sections.")
    lines = text.split("\n")  # and at nothing else that Unicode has for a line's end: it would get past the limits
    if not lines or lines[0].strip() != "v=0":
        raise SdpError("The session description doesn't begin with v=0.")
    session = SessionDescription()
    common = MediaDescription("", 0, "", [])
    section = common
    for number, line in enumerate(lines, 1):
        kind, _, value = line.strip().partition("=")
        try:
            if kind == "m":
                section = _parse_media_line(value, common)
                session.media.append(section)
            elif kind == "o" and section is common:
                session.session_id = value.split()[1]
            elif kind == "a":
                name, _, rest = value.partition(":")
                if section is common and name == "group":
                    words = rest.split()
                    if words and words[0] == "BUNDLE":
                        session.bundle = list(dict.fromkeys(words[1 : MAX_SECTIONS + 1]))
                elif name == "extmap-allow-mixed":
                    session.extmap_allow_mixed = True
                else:
                    _parse_attribute(section, name, rest)
        except (ValueError, IndexError):
            raise SdpError(f"Line {number} of the session description can't be read: {line[:80]!r}.") from None
    return session


def _parse_media_line(value: str, common: MediaDescription) -> MediaDescription:
    words = value.split()
    section = MediaDescription(words[0], int(words[1].partition("/")[0]), words[2], words[3:])
    section.ice_ufrag, section.ice_password = common.ice_ufrag, common.ice_password
    section.fingerprints, section.setup = list(common.fingerprints), common.setup
    section.direction = common.direction
    if section.kind in ("audio", "video"):
        section.formats = {_payload_type(word): Format(int(word)) for word in words[3:]}
    return section


def _parse_attribute(section: MediaDescription, name: str, value: str) -> None:
    if name in _DIRECTIONS and not value:
        section.direction = _DIRECTIONS[name]
    elif name == "mid":
        section.mid = value
    elif name == "ice-ufrag":
        section.ice_ufrag = value
    elif name == "ice-pwd":
        section.ice_password = value
    elif name == "fingerprint":
        algorithm, digest = value.split()
        section.fingerprints.append((algorithm.lower(), digest.upper()))
    elif name == "setup":
        section.setup = value
    elif name == "rtcp-mux":
        section.rtcp_mux = True
    elif name == "extmap":
        number, uri = value.split()[:2]
        section.extensions[int(number.partition("/")[0])] = uri
    elif name == "rid":
        rid, direction = value.split()[:2]
        if direction == "send":
            section.rids.append(rid)
    elif name == "candidate":
        section.candidates.append(value)
    elif name in ("rtpmap", "fmtp", "rtcp-fb"):
        _parse_format(section, name, value)
    elif name in ("ssrc", "ssrc-group"):
        _parse_ssrc(section, name, value)


def _parse_format(section: MediaDescription, name: str, value: str) -> None:
    head, _, rest = value.partition(" ")
    if head == "*" and name == "rtcp-fb":
        for each in section.formats.values():
            if len(each.feedback) < _MAX_FEEDBACK:
                each.feedback.append(rest)
        return
    known = section.formats.get(int(head))
    if known is None:
        return
    if name == "rtpmap":
        parts = rest.split("/")
        known.name, known.clock_rate = parts[0], int(parts[1])
        known.channels = parts[2] if len(parts) > 2 else ""
    elif name == "fmtp":
        known.parameters = rest
    elif len(known.feedback) < _MAX_FEEDBACK:
        known.feedback.append(rest)


def _parse_ssrc(section: MediaDescription, name: str, value: str) -> None:
    words = value.split()
    if name == "ssrc":
        section.ssrcs[_ssrc(words[0])] = None
    elif words[0] == "FID":
        section.rtx_pairs.append((_ssrc(words[1]), _ssrc(words[2])))


def _payload_type(word: str) -> int:
    number = int(word)
    if not 0 <= number < 128:
        raise ValueError("not a payload type")
    return number


def _ssrc(word: str) -> int:
    number = int(word)
    if not 0 <= number < 1 << 32:
        raise ValueError("not an SSRC")
    return number
