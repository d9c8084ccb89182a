"""A publisher and viewers on a real relay without handshakes: keys are put in place, packets are real SRTP."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from pylibsrtp import Policy, Session

from sfu.codecs import Codec
from sfu.publication import Encoding, Publication
from sfu.relay import Relay
from sfu.sections import ReceiveSection, SendSection
from sfu.secure.dtls import PROFILES, Certificate, SrtpKeys, SrtpProfile
from sfu.secure.ice_lite import Credentials
from sfu.secure.srtp import IncomingSrtp, OutgoingSrtp
from sfu.slot import Slot
from sfu.transport import State, Transport
from sfu.wire import rtp
from sfu.wire.rtp import Mid, Rid, RtpHeader
from sfu.wire.stun import Address
from tests.sim.media import Content, decode_video, encode_video
from tests.sim.peer import RECEIVE_IDS, RIDS, SEND_IDS, VIEWER_OPUS, VIEWER_VP8, VP8

CERTIFICATE = Certificate()
AUDIO, CAMERA, SLOT, AUDIO_SLOT = Mid("0"), Mid("1"), Mid("v0"), Mid("a0")
OPUS, RED = Codec("opus", 111, 48_000), Codec("red", 63, 48_000)


@dataclass(slots=True)
class Sent:
    """A packet as a viewer received it."""

    header: RtpHeader
    payload: bytes
    size: int
    """Bytes of the datagram."""


@dataclass(slots=True)
class Client:
    """The far end of a transport."""

    transport: Transport
    address: Address
    protect: Session
    unprotect: Session
    got: list[Sent] = field(default_factory=list)
    sends: list[tuple[int, int]] = field(default_factory=list)
    """Size and segment of each system call."""


class Rig:
    """One publisher with a camera of three layers and a microphone, and viewers."""

    def __init__(self, seed: int = 0, profile: SrtpProfile = PROFILES[0]) -> None:
        self.rng = random.Random(seed)
        self.relay = Relay(CERTIFICATE)
        self.profile = profile
        self.now = 10.0
        self.clients: dict[Address, Client] = {}
        self.on_datagram: Callable[[bytes], object] = lambda _: None
        """Called with each datagram that the relay sends."""
        self.publisher = self.client()
        sections = [
            SendSection(AUDIO, "audio", {111: OPUS, 63: RED}),
            SendSection(CAMERA, "video", {96: VP8}, RIDS),
        ]
        self.publisher.transport.negotiate(sections, [], SEND_IDS)

    def client(self) -> Client:
        transport = self.relay.add(Credentials.generate(), CERTIFICATE.fingerprint, self.now)
        size = self.profile.key_length + self.profile.salt_length
        keys = SrtpKeys(self.profile, os.urandom(size), os.urandom(size))
        transport.incoming_srtp = IncomingSrtp(keys)
        transport.egress.open(OutgoingSrtp(keys))
        transport.state = State.CONNECTED
        address: Address = ("192.0.2.9", 1000 + len(self.clients))
        transport.ice.address = transport.egress.address = address
        transport.ice.addresses[address] = self.now
        self.relay._by_address[address] = transport
        client = self.clients[address] = Client(
            transport,
            address,
            Session(Policy(key=keys.receive, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=self.profile.libsrtp)),
            Session(Policy(key=keys.send, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=self.profile.libsrtp)),
        )
        return client

    def viewer(self, ids: dict[str, int] | None = None, video: Codec = VIEWER_VP8) -> tuple[Client, Slot]:
        client = self.client()
        ids = RECEIVE_IDS if ids is None else ids
        client.transport.negotiate(
            [],
            [
                ReceiveSection(SLOT, "video", {video.name: video}, ids),
                ReceiveSection(AUDIO_SLOT, "audio", {"opus": VIEWER_OPUS}, ids),
            ],
            {},
        )
        return client, client.transport.sender.slots[SLOT]

    def listener(self, codecs: dict[str, Codec]) -> tuple[Client, Slot]:
        """Add a viewer with an audio slot for these codecs, by name."""
        client = self.client()
        client.transport.negotiate([], [ReceiveSection(AUDIO_SLOT, "audio", codecs, RECEIVE_IDS)], {})
        return client, client.transport.sender.slots[AUDIO_SLOT]

    @property
    def camera(self) -> Publication:
        return self.publisher.transport.receiver.publications[CAMERA]

    def encoding(self, layer: int) -> Encoding:
        return self.camera.encodings[RIDS[layer]]

    def publish(
        self,
        payload_type: int,
        seq: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        values: dict[int, bytes] | None = None,
        *,
        marker: bool = False,
    ) -> None:
        """Let the relay receive a packet from the publisher, without flushing."""
        packet = rtp.build_packet(
            payload_type, seq & 0xFFFF, timestamp, ssrc, payload, marker=marker, extensions=values
        )
        self.deliver(self.publisher.protect.protect(packet))

    def deliver(self, datagram: bytes) -> None:
        self.relay.buffer.data[: len(datagram)] = datagram
        self.relay.receive(len(datagram), self.publisher.address, self.now)

    def video_packet(
        self,
        layer: int,
        seq: int,
        frame: int,
        part: int,
        *,
        key: bool,
        parts: int = 2,
        tl0: int | None = None,
        temporal: int = 0,
        sync: bool = False,
    ) -> bytes:
        """A protected packet of a layer, with the given sequence number."""
        payload = encode_video(
            Content(1, layer, frame, part, parts),
            key=key,
            picture=(frame + 77) & 0x7FFF,
            tl0=(frame + 200 if tl0 is None else tl0) & 0xFF,
            temporal=temporal,
            sync=sync,
        )
        values = {1: CAMERA.encode(), 2: RIDS[layer].encode()}
        packet = rtp.build_packet(
            96,
            seq & 0xFFFF,
            (frame * 3000 + 0xFFFF0000 + layer * 1_000_000) & 0xFFFFFFFF,
            1000 + layer,
            payload,
            marker=part == parts - 1,
            extensions=values,
        )
        return self.publisher.protect.protect(packet)

    def flush(self) -> None:
        self.relay.flush(self.now, self._send)

    def _send(self, data: memoryview, segment: int, address: Address) -> None:
        client = self.clients[address]
        client.sends.append((len(data), segment))
        assert len(data) <= 65_507
        assert len(data) <= 64 * segment
        for start in range(0, len(data), segment):
            datagram = bytes(data[start : start + segment])
            self.on_datagram(datagram)
            if rtp.is_rtp_or_rtcp(datagram[0]) and not rtp.is_rtcp(datagram[1]):
                packet = client.unprotect.unprotect(datagram)
                header = RtpHeader(packet, len(packet))
                payload = packet[header.payload_start : header.payload_end]
                client.got.append(Sent(header, payload, len(datagram)))


def content(sent: Sent) -> Content:
    return decode_video(sent.payload)[2]


def layer_of(rid: Rid) -> int:
    return RIDS.index(rid)
