"""Negotiation: reads a client's offer, decides on each section, and builds the answer (RFC 8829).

The relay never offers. It is ICE-lite, the DTLS server, and has one transport for everything (BUNDLE).
"""

import dataclasses
import ipaddress
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sfu.codecs import Codec, av1, fmtp, h264, vp9
from sfu.plane import (
    Candidate,
    Credentials,
    Fingerprint,
    MediaAnswer,
    MediaOffer,
    ReceiveSection,
    SendSection,
    SlotAnswer,
)
from sfu.wire import extensions
from sfu.wire.rtp import Mid, Rid, Ssrc
from signaling.sdp.description import Format, MediaDescription, SessionDescription

_AUDIO = ("opus", "red")
_VIDEO = ("VP8", "H264", "VP9", "AV1")
_WANTED = {kind: {name.lower(): name for name in names} for kind, names in (("audio", _AUDIO), ("video", _VIDEO))}
_FEEDBACK = {
    "audio": ("transport-cc",),
    "video": ("transport-cc", "ccm fir", "nack", "nack pli"),
}
_ESTIMATE = ("goog-remb",)
"""Also what a section in which the client receives is answered: clients without transport-wide feedback estimate their
bandwidth themselves (draft-alvestrand-rmcat-remb-03)."""
_HASHES = ("sha-256", "sha-384", "sha-512")

_MID = re.compile(r"[!-~]{1,16}")
"""A mid that `signaling.messages.Mid` and the header extension can carry."""

Use = Literal["send", "receive", "idle"]
_USES: dict[str, Use] = {"sendrecv": "send", "sendonly": "send", "recvonly": "receive", "inactive": "idle"}

MAX_SLOTS = 64

_MAX_VARIANTS = 16
"""Variants of a codec in a section that are looked at; browsers offer eight of H.264."""

_PLACEHOLDERS = range(4096, 4352)
"""Extension ids that ask the answerer to choose others (RFC 8285, section 7)."""


class OfferError(ValueError):
    """An offer that can't be served; `args[0]` says what is wrong in a sentence."""


@dataclass(frozen=True, slots=True)
class Section:
    """One media section of the offer, and its use. None: it is refused; idle: nothing is sent now."""

    description: MediaDescription
    use: Literal["send", "receive", "idle"] | None
    formats: tuple[Format, ...] = ()
    extension_ids: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked offer: the use of each section."""

    sections: list[Section]
    remote: Credentials
    fingerprint: Fingerprint
    extmap_allow_mixed: bool
    session_id: str = ""

    @property
    def sends(self) -> list[SendSection]:
        """Sections in which the client sends."""
        return [_send_section(section) for section in self.sections if section.use == "send"]

    @property
    def receives(self) -> list[ReceiveSection]:
        """Sections in which the client receives: its slots."""
        return [_receive_section(section) for section in self.sections if section.use == "receive"]

    @property
    def idle(self) -> frozenset[Mid]:
        """Inactive sections: they keep their use, and may become active again."""
        return frozenset(Mid(section.description.mid) for section in self.sections if section.use == "idle")

    @property
    def offer(self) -> MediaOffer:
        """The offer for the media plane."""
        return MediaOffer(
            credentials=self.remote,
            fingerprint=self.fingerprint,
            session=self.session_id,
            sends=tuple(self.sends),
            receives=tuple(self.receives),
            extension_ids=self.extension_ids,
            idle=self.idle,
        )

    @property
    def extension_ids(self) -> dict[int, str]:
        """The names of the client's extension ids; one mapping for the whole transport (RFC 8843, section 9.1)."""
        return {
            number: uri for section in self.sections if section.use == "send" for number, uri in section.extension_ids
        }


def plan(offer: SessionDescription) -> Plan:
    """Check an offer and decide on each section. Raises `OfferError`."""
    bundle = frozenset(offer.bundle)
    live = [description for description in offer.media if description.port != 0 or description.mid in bundle]
    if not live:
        raise OfferError("The offer has no media section in use.")
    first = next((description for description in live if description.mid in bundle), None)
    if first is None:
        raise OfferError("The offer doesn't bundle its media sections; Milanio takes all media over one transport.")
    mids = [description.mid for description in offer.media]
    if len(set(mids)) != len(mids) or not all(mids):
        raise OfferError("Every media section needs a mid of its own.")
    if not all(_MID.fullmatch(mid) for mid in mids):
        raise OfferError("A mid has 1 to 16 printable ASCII characters and no space.")
    _renumber_extensions(offer.media)
    sections = [_plan_section(description, bundle) for description in offer.media]
    if sum(section.use == "receive" for section in sections) > MAX_SLOTS:
        raise OfferError(f"The offer has more than {MAX_SLOTS} sections that receive.")
    if not first.ice_ufrag or len(first.ice_password) < 22:
        raise OfferError("The offer has no ICE user name and password.")
    if first.setup not in ("actpass", "active"):
        raise OfferError("The offer must let the server be passive in DTLS: a=setup:actpass or a=setup:active.")
    fingerprint = next((Fingerprint(*pair) for pair in first.fingerprints if pair[0] in _HASHES), None)
    if fingerprint is None:
        raise OfferError("The offer has no certificate fingerprint by SHA-256, SHA-384 or SHA-512.")
    remote = Credentials(first.ice_ufrag, first.ice_password)
    return Plan(sections, remote, fingerprint, offer.extmap_allow_mixed, offer.session_id)


def _renumber_extensions(descriptions: list[MediaDescription]) -> None:
    """Give valid ids, the same in all sections, to extensions whose ids are placeholders (RFC 8285, section 7)."""
    if not any(number in _PLACEHOLDERS for description in descriptions for number in description.extensions):
        return
    used = {number for description in descriptions for number in description.extensions}
    free = (number for number in range(1, extensions.MAX_ID + 1) if number not in used)
    chosen: dict[str, int] = {}
    for description in descriptions:
        for number, uri in description.extensions.items():
            if number in _PLACEHOLDERS and uri in extensions.RECEIVED and uri not in chosen:
                chosen[uri] = next(free, number)
        description.extensions = {
            chosen.get(uri, number) if number in _PLACEHOLDERS else number: uri
            for number, uri in description.extensions.items()
        }


def _plan_section(description: MediaDescription, bundle: frozenset[str]) -> Section:
    if description.kind not in ("audio", "video") or description.mid not in bundle:
        return Section(description, None)
    use = _USES[description.direction]
    formats = _acceptable(description, use)
    if use == "idle" and not (formats and description.rtcp_mux):
        return Section(description, None)
    if not description.rtcp_mux:
        raise OfferError(f"Section {description.mid} must multiplex RTP and RTCP (a=rtcp-mux).")
    if not formats:
        names = ", ".join(_AUDIO if description.kind == "audio" else _VIDEO)
        raise OfferError(f"Section {description.mid} offers no codec that Milanio forwards: {names}.")
    known = tuple((number, uri) for number, uri in description.extensions.items() if _is_taken(number, uri))
    return Section(description, use, formats, known)


def _is_taken(number: int, uri: str) -> bool:
    return 1 <= number <= extensions.MAX_ID and uri in extensions.RECEIVED


def _acceptable(description: MediaDescription, use: Use) -> tuple[Format, ...]:
    """The codecs that the relay forwards, in the client's order, each once and with its retransmission format."""
    wanted = _WANTED[description.kind]
    rtx = {each.parameter("apt"): each for each in description.formats.values() if each.name.lower() == "rtx"}
    offered: dict[str, list[Format]] = {}
    for each in description.formats.values():
        name = wanted.get(each.name.lower())
        if name is not None and 0 < each.clock_rate < 1 << 20:
            offered.setdefault(name, []).append(each)
    if "opus" not in offered and "red" in offered:
        return ()
    accepted: list[Format] = []
    for name, formats in offered.items():
        variants = [each for each in formats[:_MAX_VARIANTS] if _is_forwarded(name, each)]
        if not variants:
            continue
        chosen = _choose(name, variants, use)
        accepted.append(chosen)
        if str(chosen.payload_type) in rtx:
            accepted.append(rtx[str(chosen.payload_type)])
    return tuple(accepted)


def _is_forwarded(name: str, offered: Format) -> bool:
    """Whether the relay forwards this variant of a codec: H.264 not interleaved, as nobody sends it that way."""
    return name != h264.NAME or h264.packetization_mode(offered.parameters) in (h264.SINGLE, h264.NON_INTERLEAVED)


def _choose(name: str, formats: list[Format], use: Use) -> Format:
    """Choose one of several variants of a codec: if the client sends, the one that most decoders can decode; if it
    receives, the one that decodes most. Among equals, the client's first.

    A client that sends is answered with a level that all decoders state.
    """
    receives = use == "receive"

    def rank(offered: Format) -> tuple[int, int]:
        parameters = offered.parameters
        if name == h264.NAME:
            found = h264.profile(parameters).rank
            profile = 3 if found is None else -found if receives else found
            return -h264.packetization_mode(parameters), profile
        if name == av1.NAME:
            profile = fmtp.number(parameters, av1.PROFILE, 0)
            return 0, -profile if receives else profile
        return 0, fmtp.number(parameters, vp9.PROFILE, 0) if name == vp9.NAME else 0

    chosen = min(formats, key=rank)
    bound = {h264.NAME: h264.bound_level, av1.NAME: av1.bound_level}.get(name)
    if bound is None or use != "send":
        return chosen
    return dataclasses.replace(chosen, parameters=bound(chosen.parameters))


def _codecs(section: Section) -> list[Codec]:
    names = _WANTED[section.description.kind]
    rtx = {each.parameter("apt"): each.payload_type for each in section.formats if each.name.lower() == "rtx"}
    return [
        Codec(
            names[each.name.lower()],
            each.payload_type,
            each.clock_rate,
            rtx.get(str(each.payload_type)),
            each.parameters,
        )
        for each in section.formats
        if each.name.lower() != "rtx"
    ]


def _send_section(section: Section) -> SendSection:
    description = section.description
    rtx = dict(description.rtx_pairs)
    repairs = set(rtx.values())
    pairs = tuple((Ssrc(ssrc), Ssrc(rtx.get(ssrc, 0))) for ssrc in description.ssrcs if ssrc not in repairs)
    return SendSection(
        Mid(description.mid),
        "audio" if description.kind == "audio" else "video",
        {codec.payload_type: codec for codec in _codecs(section)},
        tuple(Rid(rid) for rid in description.rids[:4]),
        pairs[:1],
        frozenset(Rid(rid) for rid in description.paused_rids),
    )


def _receive_section(section: Section) -> ReceiveSection:
    return ReceiveSection(
        Mid(section.description.mid),
        "audio" if section.description.kind == "audio" else "video",
        {codec.name: codec for codec in _codecs(section)},
        {uri: number for number, uri in section.extension_ids},
    )


def build_answer(plan: Plan, answer: MediaAnswer, hosts: Sequence[str]) -> str:
    """The SDP of an answer to a plan; `hosts`: addresses of the relay's machine for this client, best first."""
    bundle = [section.description.mid for section in plan.sections if section.use is not None]
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite"]
    if plan.extmap_allow_mixed:
        lines.append("a=extmap-allow-mixed")
    lines += [f"a=group:BUNDLE {' '.join(bundle)}", "a=msid-semantic: WMS *"]
    candidates = _candidates(hosts, answer.candidates)
    over_udp = _candidates(hosts, [each for each in answer.candidates if each.protocol == "udp"])
    slots = {slot.mid: slot for slot in answer.slots}
    for section in plan.sections:
        if section.use is None:
            lines += _refused(section.description)
            continue
        lines += _answer_section(section, answer, slots)
        # In every section: some clients look in the last, not the first. Browsers, which alone use TCP, do that.
        lines += candidates if section.description.mid == bundle[0] else over_udp
    return "\r\n".join([*lines, ""])


def _refused(description: MediaDescription) -> list[str]:
    types = " ".join(description.payload_types)
    return [
        f"m={description.kind} 0 {description.protocol} {types}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{description.mid}",
        "a=inactive",
    ]


_ANSWERS = {"send": "a=recvonly", "receive": "a=sendonly", "idle": "a=inactive", None: "a=inactive"}


def _answer_section(section: Section, answer: MediaAnswer, slots: dict[Mid, SlotAnswer]) -> list[str]:
    description = section.description
    types = " ".join(str(each.payload_type) for each in section.formats)
    lines = [
        f"m={description.kind} 9 {description.protocol} {types}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{description.mid}",
        f"a=ice-ufrag:{answer.credentials.ufrag}",
        f"a=ice-pwd:{answer.credentials.password}",
        f"a=fingerprint:{answer.fingerprint.algorithm} {answer.fingerprint.value}",
        f"a=setup:{answer.dtls_role}",
        _ANSWERS[section.use],
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]
    lines += [f"a=extmap:{number} {uri}" for number, uri in section.extension_ids]
    for each in section.formats:
        lines += _answer_format(each, description.kind, section.use)
    if section.use == "receive":
        lines += _slot_lines(slots[Mid(description.mid)], answer.cname)
    elif description.rids:
        rids = description.rids[:4]
        lines += [f"a=rid:{rid} recv" for rid in rids]
        lines.append(f"a=simulcast:recv {';'.join(rids)}")
    return lines


def _answer_format(offered: Format, kind: str, use: Use | None) -> list[str]:
    channels = f"/{offered.channels}" if offered.channels else ""
    lines = [f"a=rtpmap:{offered.payload_type} {offered.name}/{offered.clock_rate}{channels}"]
    if offered.parameters:
        lines.append(f"a=fmtp:{offered.payload_type} {offered.parameters}")
    if offered.name.lower() != "rtx":
        wanted = _FEEDBACK[kind] + (_ESTIMATE if use == "receive" else ())
        lines += [f"a=rtcp-fb:{offered.payload_type} {each}" for each in wanted if each in offered.feedback]
    return lines


def _slot_lines(slot: SlotAnswer, name: str) -> list[str]:
    lines = [f"a=msid:{slot.stream} slot-{slot.mid}"]
    if slot.rtx_ssrc is None:
        return [*lines, f"a=ssrc:{slot.ssrc} cname:{name}"]
    streams = [f"a=ssrc:{ssrc} cname:{name}" for ssrc in (slot.ssrc, slot.rtx_ssrc)]
    return [*lines, f"a=ssrc-group:FID {slot.ssrc} {slot.rtx_ssrc}", *streams]


_PASSIVE = 4
"""Direction preference of a candidate that accepts connections (RFC 6544, section 4.2)."""


def _candidates(hosts: Sequence[str], candidates: Sequence[Candidate]) -> list[str]:
    """Host candidates, preferred in the given order (RFC 8839 section 5.1, RFC 8445 section 5.1.2).

    Those of TCP come after all of UDP (RFC 6544, sections 4.2 and 4.5).
    """
    lines = []
    for index, (candidate, host) in enumerate(itertools.product(candidates, hosts)):
        over_tcp = candidate.protocol == "tcp"
        type_preference, local_preference = (90, _PASSIVE << 13 | 8191 - index) if over_tcp else (126, 65535 - index)
        priority = type_preference << 24 | local_preference << 8 | 255
        address = f"{ipaddress.ip_address(host)} {candidate.port}"
        kind = "host tcptype passive" if over_tcp else "host"
        lines.append(f"a=candidate:{index + 1} 1 {candidate.protocol} {priority} {address} typ {kind}")
    return [*lines, "a=end-of-candidates"]
