"""A program's SDP: a small offer, and what matters in the answer (RFC 8829, RFC 8853)."""

import secrets
from dataclasses import dataclass, field

from sfu.sections import Kind
from sfu.secure.dtls import Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.wire import extensions
from sfu.wire.stun import Address
from signaling.client.media import CodecName
from signaling.messages import Source
from signaling.sdp import description as sdp
from signaling.sdp.description import MediaDescription, SdpError

SEND_MIDS: dict[Source, str] = {"microphone": "0", "camera": "1", "screen": "2", "screen_audio": "3"}
"""The section in which the client sends each source; all are in every offer, whether or not they are used."""

RIDS = ("q", "h", "f")
"""Simulcast streams, the smallest picture first."""

SIMULCAST_SOURCE: Source = "camera"
"""The source that may be sent in several sizes."""

PAYLOAD_TYPES: dict[CodecName, int] = {"opus": 111, "VP8": 96, "H264": 98, "VP9": 100, "AV1": 102}
RTX_PAYLOAD_TYPES: dict[CodecName, int] = {"VP8": 97, "H264": 99, "VP9": 101, "AV1": 103}

VIDEO_CODECS: tuple[CodecName, ...] = ("VP8", "H264")
"""The default: codecs that a client can record."""

EXTENSION_IDS = {
    extensions.MID: 1,
    extensions.RID: 2,
    extensions.REPAIRED_RID: 3,
    extensions.TRANSPORT_WIDE: 4,
    extensions.AUDIO_LEVEL: 5,
}
"""One mapping for all sections; ids of one-byte elements."""

_FEEDBACK = ("transport-cc", "ccm fir", "nack", "nack pli")
_H264_PARAMETERS = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"


@dataclass(frozen=True, slots=True)
class SlotDescription:
    """A section in which the relay sends: its stream, and the stream of retransmissions (0: none)."""

    mid: str
    kind: Kind
    ssrc: int
    rtx_ssrc: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay answered.

    `addresses`: where it can be reached over UDP, best first; `stream_addresses`: over TCP; `codecs`: what it takes in
    each section to send in, by mid.
    """

    remote: Credentials
    fingerprint: Fingerprint
    addresses: list[Address]
    slots: list[SlotDescription]
    codecs: dict[str, tuple[CodecName, ...]] = field(default_factory=dict)
    stream_addresses: list[Address] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Origin:
    """What an offer comes from: `session` names the connection, `version` counts its offers (RFC 8866, section 5.2)."""

    session: int
    version: int = 1

    @classmethod
    def generate(cls) -> "Origin":
        """For a new connection."""
        return cls(secrets.randbits(62))


def build_offer(
    local: Credentials,
    fingerprint: Fingerprint,
    *,
    audio_slots: int,
    video_slots: int,
    simulcast: bool,
    origin: Origin | None = None,
    codecs: tuple[CodecName, ...] = VIDEO_CODECS,
) -> str:
    """An offer to send every source and to receive in so many slots. `simulcast`: for the camera.

    `codecs`: of video, the preferred one first.
    """
    origin = origin or Origin.generate()
    audio = [f"a{number}" for number in range(audio_slots)]
    video = [f"v{number}" for number in range(video_slots)]
    lines = [
        "v=0",
        f"o=- {origin.session} {origin.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join((*SEND_MIDS.values(), *audio, *video))}",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
        "a=setup:active",
    ]
    for source, mid in SEND_MIDS.items():
        if source in ("microphone", "screen_audio"):
            lines += _audio_section(mid, "sendonly")
            continue
        lines += _video_section(mid, "sendonly", codecs)
        if simulcast and source == SIMULCAST_SOURCE:
            lines += _extensions(extensions.RID, extensions.REPAIRED_RID)
            lines += [f"a=rid:{rid} send" for rid in RIDS]
            lines.append(f"a=simulcast:send {';'.join(RIDS)}")
    for mid in audio:
        lines += _audio_section(mid, "recvonly")
    for mid in video:
        lines += _video_section(mid, "recvonly", codecs)
    return "\r\n".join([*lines, ""])


def _extensions(*names: str) -> list[str]:
    return [f"a=extmap:{EXTENSION_IDS[name]} {name}" for name in names]


def _section(kind: Kind, mid: str, direction: str, payload_types: list[int]) -> list[str]:
    types = " ".join(map(str, payload_types))
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *_extensions(extensions.MID, extensions.TRANSPORT_WIDE),
    ]


def _audio_section(mid: str, direction: str) -> list[str]:
    opus = PAYLOAD_TYPES["opus"]
    return [
        *_section("audio", mid, direction, [opus]),
        *_extensions(extensions.AUDIO_LEVEL),
        f"a=rtpmap:{opus} opus/48000/2",
        f"a=rtcp-fb:{opus} transport-cc",
    ]


def _video_section(mid: str, direction: str, codecs: tuple[CodecName, ...]) -> list[str]:
    types = [number for name in codecs for number in (PAYLOAD_TYPES[name], RTX_PAYLOAD_TYPES[name])]
    lines = _section("video", mid, direction, types)
    for name in codecs:
        number, rtx = PAYLOAD_TYPES[name], RTX_PAYLOAD_TYPES[name]
        lines.append(f"a=rtpmap:{number} {name}/90000")
        if name == "H264":
            lines.append(f"a=fmtp:{number} {_H264_PARAMETERS}")
        lines += [f"a=rtcp-fb:{number} {each}" for each in _FEEDBACK]
        lines += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={number}"]
    return lines


def read_answer(text: str) -> Answer:
    """Read the relay's answer. Raises `SdpError`."""
    session = sdp.parse(text)
    live = [section for section in session.media if section.mid in session.bundle]
    if not live:
        raise SdpError("The server accepted no media section.")
    first = live[0]
    if not first.ice_ufrag or not first.fingerprints:
        raise SdpError("The answer has no ICE user name or no fingerprint.")
    candidates = list(dict.fromkeys(candidate for section in live for candidate in section.candidates))
    addresses = _addresses(candidates, "udp")
    stream_addresses = _addresses(candidates, "tcp")
    if not addresses and not stream_addresses:
        raise SdpError("The answer has no address to send media to.")
    return Answer(
        Credentials(first.ice_ufrag, first.ice_password),
        Fingerprint(*first.fingerprints[0]),
        addresses,
        [_slot(section) for section in live if section.direction == "sendonly" and section.ssrcs],
        {section.mid: _codecs(section) for section in live if section.direction == "recvonly"},
        stream_addresses,
    )


def _addresses(candidates: list[str], protocol: str) -> list[Address]:
    """The addresses of the candidates for a protocol (RFC 8839, section 5.1; RFC 6544, section 4.5)."""
    found = [candidate for candidate in candidates if [word.lower() for word in candidate.split()[2:3]] == [protocol]]
    return list(dict.fromkeys(_address(candidate) for candidate in found))


def _address(candidate: str) -> Address:
    """The address in a candidate attribute (RFC 8839, section 5.1)."""
    words = candidate.split()
    try:
        return words[4], int(words[5])
    except (IndexError, ValueError):
        raise SdpError(f"The candidate {candidate[:80]!r} can't be read.") from None


def _codecs(section: MediaDescription) -> tuple[CodecName, ...]:
    return tuple(name for name, number in PAYLOAD_TYPES.items() if str(number) in section.payload_types)


def _slot(section: MediaDescription) -> SlotDescription:
    rtx = dict(section.rtx_pairs)
    ssrc = next((ssrc for ssrc in section.ssrcs if ssrc in rtx), next(iter(section.ssrcs)))
    return SlotDescription(section.mid, "audio" if section.kind == "audio" else "video", ssrc, rtx.get(ssrc, 0))
