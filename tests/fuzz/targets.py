"""The fuzzing targets: each parser of bytes from the network, with valid inputs, and the one exception it may raise."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from sfu import codecs
from sfu.codecs import av1, dependency, h264, red, vp8, vp9
from sfu.codecs.dependency import DependencyError
from sfu.codecs.red import RedError
from sfu.codecs.vp8 import Vp8Error
from sfu.codecs.vp9 import Vp9Error
from sfu.feedback.transport_feedback import TransportFeedbackGenerator
from sfu.secure.dtls import Certificate, Dtls, DtlsError
from sfu.wire import rtcp, rtp, stun
from sfu.wire.framing import Deframer, FramingError, framed
from sfu.wire.packet import Packet
from sfu.wire.rtcp import Nack, ReceiverReport, ReportBlock, RtcpError, SenderReport, TransportFeedback
from sfu.wire.rtp import RtpError, RtpHeader
from sfu.wire.stun import StunError
from signaling import messages
from signaling.messages import BadMessageError
from signaling.sdp import description as sdp
from signaling.sdp import negotiation
from signaling.sdp.description import SdpError
from signaling.sdp.negotiation import OfferError
from tests.fuzz.mutate import mutate, mutate_text
from tests.sim.media import Content, encode_video
from tests.unit.sfu.wire.test_stun import PASSWORD, REQUEST, RESPONSE
from tests.unit.signaling.offers import FULL, NAMED, audio, offer, video


@dataclass(frozen=True)
class Target:
    """A parser of bytes; `allowed` is the exception that it may raise."""

    name: str
    run: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...]
    corpus: list[bytes] = field(repr=False)

    def mutation(self, rng: random.Random) -> bytes:
        return mutate(rng.choice(self.corpus), self.corpus, rng)

    def survives(self, data: bytes) -> None:
        try:
            self.run(data)
        except self.allowed:
            pass


class TextTarget(Target):
    """A parser of text, kept as UTF-8."""

    def mutation(self, rng: random.Random) -> bytes:
        texts = [each.decode() for each in self.corpus]
        return mutate_text(rng.choice(texts), texts, rng).encode()


def _stun(data: bytes) -> None:
    user = stun.user_untrusted(data)
    message = stun.parse(data)
    assert len(message.attributes) <= stun.MAX_ATTRIBUTES
    # The cheap parser finds the same user as the full one.
    assert not user or (message.username or user).partition(":")[0] == user
    assert message.username is None or isinstance(message.username, str)
    if data not in (REQUEST, RESPONSE):
        message.verify(PASSWORD)


def _framing(data: bytes) -> None:
    """However the bytes are cut, the same datagrams come out, and never more bytes than went in."""
    whole = [bytes(each) for each in Deframer().take(data)]
    assert sum(map(len, whole)) + 2 * len(whole) <= len(data)
    middle, deframer = len(data) // 2, Deframer()
    assert [bytes(each) for part in (data[:middle], data[middle:]) for each in deframer.take(part)] == whole


def _rtp(data: bytes) -> None:
    header = RtpHeader(data, len(data))
    assert 12 <= header.payload_start <= header.payload_end <= len(data)


def _extensions(data: bytes) -> None:
    for profile in (0xBEDE, 0x1000, 0x100F, 0, 0xFFFF):
        assert len(rtp.parse_extensions(profile, data)) <= rtp.MAX_ELEMENTS


def _rtcp(data: bytes) -> None:
    for scope in (rtcp.FOR_RELAY, rtcp.EVERYTHING):
        packets = rtcp.parse(data, scope)
        assert len(packets) <= rtcp.MAX_PACKETS
        blocks = 0
        for packet in packets:
            if isinstance(packet, Nack):
                assert len(packet.lost) < scope.max_nacked + 17
            elif isinstance(packet, SenderReport | ReceiverReport):
                blocks += len(packet.reports)
        assert blocks <= rtcp.MAX_BLOCKS


def _codecs(data: bytes) -> None:
    for parse in (h264.is_keyframe, av1.is_keyframe):
        assert parse(data) in (True, False)
    for annotate in codecs.annotate.values():
        packet = Packet(96, 0, 1, 2, data, 0.0, {})
        annotate(packet)
        if packet.picture is not None:
            assert packet.picture[0] + 2 <= len(data)
            assert packet.picture[2] < len(data)


def _vp8(data: bytes) -> None:
    descriptor = vp8.parse(data)
    assert 1 <= descriptor.size < len(data)
    vp8.is_keyframe(data, descriptor)


def _vp9(data: bytes) -> None:
    descriptor = vp9.parse(data)
    assert max(descriptor.temporal, descriptor.spatial) <= 7


def _dependency(data: bytes) -> None:
    descriptor = dependency.parse(data)
    structure = dependency.parse_structure(data)
    if structure is not None:
        assert 1 <= len(structure.templates) <= dependency.MAX_INDICATIONS
        found = structure.find(descriptor.template)
        assert found is None or max(found.spatial, found.temporal, found.up_to) <= 7


def _red(data: bytes) -> None:
    payload_type, payload = red.primary(data)
    assert 0 <= payload_type < 128
    assert data.endswith(payload)


def _h264_parameters(data: bytes) -> None:
    text = data.decode(errors="replace")
    profile = h264.profile(text)
    assert 0 <= profile.number < 256
    assert 0 <= profile.level <= 510
    assert h264.profile(h264.bound_level(text)).level <= h264.LEVEL_3_1
    assert av1.decodes(text, text)
    assert vp9.decodes(text, text)


def _feedback_sent(data: bytes) -> None:
    """Feedback built from any arrivals can be parsed."""
    arrivals = [None if byte & 1 else 1000 + number * 3 + (byte >> 4) for number, byte in enumerate(data[:400])]
    if any(arrival is not None for arrival in arrivals):
        (feedback,) = rtcp.parse(rtcp.build_transport_feedback(1, 2, 3, 4, arrivals))
        assert isinstance(feedback, TransportFeedback)
        assert list(feedback.arrivals) == arrivals


def _sdp(data: bytes) -> None:
    plan = negotiation.plan(sdp.parse(data.decode(errors="replace")))
    assert len(plan.receives) <= negotiation.MAX_SLOTS
    assert plan.sends is not None
    assert plan.extension_ids is not None


def _message(data: bytes) -> None:
    messages.parse_client_message(data.decode(errors="replace"))


def _message_bytes(data: bytes) -> None:
    messages.parse_client_message(data)


_SERVER, _CLIENT = Certificate(), Certificate()


def _handshake() -> list[bytes]:
    """Every datagram of a handshake."""
    server = Dtls(_SERVER, _CLIENT.fingerprint, is_server=True)
    client = Dtls(_CLIENT, _SERVER.fingerprint, is_server=False)
    client.start(0.0)
    seen: list[bytes] = []
    while client.outgoing or server.outgoing:
        for sender, receiver in ((client, server), (server, client)):
            datagrams, sender.outgoing = sender.outgoing, []
            for datagram in datagrams:
                seen.append(datagram)
                receiver.receive_untrusted(datagram, 0.0)
    client.close()
    return seen + client.outgoing


def _dtls(data: bytes) -> None:
    """Give the datagram to a new server, and to one in the middle of a handshake."""
    server = Dtls(_SERVER, _CLIENT.fingerprint, is_server=True)
    server.receive_untrusted(data, 0.0)
    client = Dtls(_CLIENT, _SERVER.fingerprint, is_server=False)
    client.start(0.0)
    server = Dtls(_SERVER, _CLIENT.fingerprint, is_server=True)
    for datagram in client.outgoing:
        server.receive_untrusted(datagram, 0.0)
    for side in (server, client):
        assert side.keys is None
        side.receive_untrusted(data, 0.0)


def _feedback(data: bytes) -> None:
    """Any transport-wide numbers at any times give feedback that can be parsed."""
    generator = TransportFeedbackGenerator()
    now = 1.0
    for position in range(0, len(data) - 3, 4):
        now += (data[position] << 4) ** 2 / 1e6
        generator.received(data[position + 1] << 8 | data[position + 2], now)
        if data[position + 3] > 200:
            for packet in generator.build(1, 2):
                assert len(packet) < 1200
                rtcp.parse(packet)


_block = ReportBlock(1, 2, 3, 4, 5, 6, 7)
_RTCP = [
    rtcp.build_sender_report(SenderReport(1, 2, 3, 4, 5, (_block, _block))),
    rtcp.build_receiver_report(ReceiverReport(1, (_block,))) + rtcp.build_source_description(1, "name"),
    rtcp.build_nack(1, 2, range(0, 100, 7)),
    rtcp.build_pli(1, 2) + rtcp.build_goodbye([1, 2, 3]),
    rtcp.build_transport_feedback(
        1, 2, 65_530, 3, [100, 101, None, 90, 5000, None, None, *list(range(5000, 6000, 50))]
    ),
]
_EXTENDED = rtp.build_packet(96, 1, 2, 3, bytes(50), extensions={1: b"abc", 2: b"d", 14: bytes(16)})
_MESSAGES = [
    '{"type":"join","id":1,"token":"x"}',
    '{"type":"publish","id":1,"mid":"1","source":"camera","encodings":[{"rid":"q","height":180,"max_bitrate":5}]}',
    '{"type":"watch","id":6,"slots":[{"slot":"4","publication":"a.camera","height":360,"priority":3}]}',
    '{"type":"chat","id":4,"text":"h\\u00e9\\ud83d\\ude00","to":null}',
    '{"type":"offer","id":2,"sdp":"v=0\\r\\n"}',
    '{"type":"resume","id":1,"token":"x","last_event":0}',
]
_VP8_PAYLOAD = encode_video(Content(1, 2, 3, 0, 1), key=True, picture=5, tl0=6)
_OFFERS = [FULL, offer(audio("a", "sendrecv")), offer(video("v", "recvonly"), video("w", extra=NAMED))]

TARGETS = [
    Target("stun", _stun, (StunError,), [REQUEST, RESPONSE, stun.build_error(bytes(12), 487, "Role", "x")]),
    Target(
        "framing", _framing, (FramingError,), [framed(REQUEST, 1500) + framed(RESPONSE, 40), b"\0\0\0\1a", bytes(9)]
    ),
    Target("rtp", _rtp, (RtpError,), [_EXTENDED, b"\xb2" + _EXTENDED[1:] + b"\x03", rtp.build_packet(0, 1, 2, 3, b"")]),
    Target("extensions", _extensions, (), [_EXTENDED[16:-50], b"\x01\x02ab\x00\x03\x00\x04\x01a"]),
    Target("rtcp", _rtcp, (RtcpError,), _RTCP),
    Target("vp8", _vp8, (Vp8Error,), [_VP8_PAYLOAD[:30], bytes.fromhex("90f081230a7f00")]),
    Target("vp9", _vp9, (Vp9Error,), [bytes.fromhex("a88005420102"), bytes.fromhex("2ce600")]),
    Target(
        "dependency descriptor", _dependency, (DependencyError,), [bytes.fromhex("800007800104aac0d0"), b"\x46\0\x09"]
    ),
    Target(
        "codecs", _codecs, (), [_VP8_PAYLOAD, bytes.fromhex("78000267420002658800"), bytes.fromhex("a8800500"), b"\x08"]
    ),
    Target("red", _red, (RedError,), [bytes.fromhex("ef0a0002ef0a00016f1122aabb"), b"\x6fabc"]),
    Target("feedback made", _feedback_sent, (), [bytes(range(100)) * 2, bytes(200), b"\x01" * 50 + b"\x00\x01" * 30]),
    TextTarget(
        "H.264 parameters",
        _h264_parameters,
        (),
        [b"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", b"profile-level-id=4D 00;;=;"],
    ),
    Target("feedback", _feedback, (), [bytes((1, 0, n, 255 * (n % 9 == 0))) for n in range(200)] + [bytes(400)]),
    Target("dtls", _dtls, (DtlsError,), _handshake()),
    TextTarget("sdp", _sdp, (SdpError, OfferError), [each.encode() for each in _OFFERS]),
    TextTarget("messages", _message, (BadMessageError,), [each.encode() for each in _MESSAGES]),
    Target("message bytes", _message_bytes, (BadMessageError,), [each.encode() for each in _MESSAGES]),
]
