"""CPU time that one hostile input costs the server: datagrams, offers and messages, through public interfaces.

`measure()` gives microseconds by name, on the reference machine of `tests.cpu_cost`; `target(name)` gives the limit.
"""

import itertools
import json
import os
import random
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress

from sfu import codecs
from sfu.endpoint import Endpoint
from sfu.relay import Relay
from sfu.secure.dtls import Certificate, Fingerprint
from sfu.secure.ice_lite import Credentials
from sfu.transport import State, Transport
from sfu.wire import extensions, rtcp, rtp, stun
from sfu.wire.packet import Packet
from sfu.wire.rtcp import ReportBlock
from sfu.wire.stun import Address
from signaling import handlers, messages
from signaling.client.offer import EXTENSION_IDS, build_offer, read_answer
from signaling.errors import RoomError
from signaling.handlers import Context
from signaling.messages import BadMessageError, Rights
from signaling.rooms.participant import Participant, Person
from signaling.rooms.registry import Registry
from signaling.rooms.room import Room
from tests import cpu_cost
from tests.bench.hostile_tcp import tcp_rows
from tests.coroutines import at_once
from tests.unit.signaling.hostile_offers import HOSTILE
from tests.unit.signaling.people import ManualPlane

TARGETS = {
    "datagram": 50.0,
    "STUN from nobody": 5.0,
    "dependency structure": 20.0,
    "offer": 10_000.0,
    "message": 5_000.0,
    "TCP connection": 200.0,
    "TCP datagram": 10.0,
    "TCP read": 5.0,
}
"""Microseconds, by the first words of a row's name."""

CALLS = 120
"""Datagrams of each kind in a round."""

NOBODY: Address = ("198.51.100.9", 9)
HOSTS = ["192.0.2.1", "2001:db8::1"]
CAMERA_SSRC, CAMERA, H264 = 1000, 96, 98
MEMBERS = 100
"""Members of the room in which messages are sent."""

_CERTIFICATE, _CLIENT = Certificate(), Certificate()

Datagrams = Callable[[int], list[bytes]]
"""Makes that number of datagrams."""


def target(name: str) -> float:
    """The limit of a row, microseconds."""
    return next(limit for prefix, limit in TARGETS.items() if name.startswith(prefix))


def measure(only: str = "") -> dict[str, float]:
    """Microseconds by row; `only`: of rows whose names contain that."""
    found: dict[str, float] = {}
    for name, run in rows():
        if only in name:
            found[name] = run()
    return found


def rows() -> Iterator[tuple[str, Callable[[], float]]]:
    """All rows."""
    for name, datagrams in {**rtcp_rows(), **rtp_rows(), **other_rows()}.items():
        yield f"datagram: {name}", lambda make=datagrams: Call().cost(make)  # type: ignore[misc]
    for name, datagram in stun_rows().items():
        yield f"STUN from nobody: {name}", lambda data=datagram: stun_cost(data)  # type: ignore[misc]
    yield from tcp_rows(stun_rows())
    for name, structures in structure_rows().items():
        yield f"dependency structure: {name}", lambda made=structures: structure_cost(made)  # type: ignore[misc]
    for name, text in HOSTILE.items():
        yield f"offer: {name}", lambda sdp=text: offer_cost(sdp)  # type: ignore[misc]
    for name, text in message_rows().items():
        yield f"message: {name}", lambda body=text: message_cost(body)  # type: ignore[misc]


class Call:
    """A relay with one connected member who sends and receives, and whose keys are known."""

    def __init__(self) -> None:
        self.now = 1.0
        self.plane = ManualPlane(self.now)
        self.relay = self.plane.relay
        self.room = Registry(self.plane).create("t", self.now)
        self.member = self.room.join(Person("p", "n"), Rights())
        self.endpoint = Endpoint(_CLIENT)
        self.address: Address = ("192.0.2.9", 5000)
        offer = build_offer(self.endpoint.local, _CLIENT.fingerprint, audio_slots=4, video_slots=60, simulcast=False)
        answer = read_answer(at_once(self.room.offer(self.member, offer, ["127.0.0.1"])))
        self.slot = next(slot.ssrc for slot in answer.slots if slot.kind == "video")
        self.endpoint.connect(answer.remote, answer.fingerprint, ("127.0.0.1", 1), self.now)
        while not self.endpoint.connected or self.transport.state is not State.CONNECTED:
            self._exchange()
        self._exchange()

    @property
    def transport(self) -> Transport:
        return self.plane.transport(self.room, self.member)

    def _exchange(self) -> None:
        self.now += 0.01
        sent, self.endpoint.outgoing = self.endpoint.outgoing, []
        for datagram in sent:
            self.deliver(datagram)
        answers: list[bytes] = []
        self.relay.flush(self.now, lambda data, segment, address: answers.append(bytes(data)))
        for answer in answers:
            self.endpoint.receive(answer, self.now)
        self.endpoint.poll(self.now)

    def deliver(self, datagram: bytes, address: Address | None = None) -> None:
        self.relay.buffer.data[: len(datagram)] = datagram
        self.relay.receive(len(datagram), address or self.address, self.now)

    def encrypted(self, packets: list[bytes]) -> list[bytes]:
        for packet in packets:
            (self.endpoint.send_rtcp if rtp.is_rtcp(packet[1]) else self.endpoint.send_rtp)(packet)
        made, self.endpoint.outgoing = self.endpoint.outgoing, []
        return made

    def cost(self, make: Callable[["Call"], Datagrams]) -> float:
        """Microseconds per datagram at 100 datagrams a second, including timers and the relay's answers."""
        datagrams = iter(make(self)((cpu_cost.ROUNDS + 1) * CALLS))

        def one() -> None:
            self.now += 0.01
            self.deliver(next(datagrams))
            self.relay.flush(self.now, _drop)
            due = self.relay.timeout()
            if due is not None and due <= self.now:
                self.relay.poll(self.now)
                self.relay.flush(self.now, _drop)

        for _ in range(CALLS):
            one()
        self.transport.ice.last_check = self.now
        return cpu_cost.microseconds(one, CALLS)


def _drop(data: memoryview, segment: int, address: Address) -> None:
    """Stand in for the socket."""


Make = Callable[[Call], Datagrams]


def _packets(make: Callable[[Call, int], bytes]) -> Make:
    """Encrypted datagrams of a member; `make` gives the packet for a call and a number."""
    return lambda call: lambda count: call.encrypted([make(call, number) for number in range(count)])


def _same(make: Callable[[Call], bytes]) -> Make:
    return _packets(lambda call, number: make(call))


def _fill(packet: bytes) -> bytes:
    return packet * (1400 // len(packet))


def _feedback(kind: int, fmt: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | fmt, kind, len(body) // 4) + body


def _nack(ssrc: int, items: int, mask: int = 0xFFFF) -> bytes:
    numbers = b"".join(struct.pack("!HH", number * 17 & 0xFFFF, mask) for number in range(items))
    return _feedback(rtcp.RTPFB, 1, struct.pack("!II", 1, ssrc) + numbers)


def _wide(ssrc: int, chunk: int, count: int = 2048) -> bytes:
    body = struct.pack("!IIHHI", 1, ssrc, 0, count, 0) + struct.pack("!HH", chunk, 0)
    return _feedback(rtcp.RTPFB, 15, body)


def _mixed(count: int, *, large: bool = True) -> bytes:
    """Feedback on so many packets, with every status that there is, in the chunks that take longest to read."""
    step = 150 if large else 50  # units of 250 µs; every fourth packet comes twice as late as fits a small delta
    arrivals = [None if number % 2 else step * (number + number // 4 % 2 * 2 * large) for number in range(count)]
    return rtcp.build_transport_feedback(1, 1, 0, 0, arrivals)


def _many(packet: Callable[[Call], bytes], times: int = rtcp.MAX_PACKETS) -> Make:
    return _same(lambda call: packet(call) * times)


def rtcp_rows() -> dict[str, Make]:
    """RTCP of every kind: as much as fits a datagram, and as much as is read."""
    reports: dict[str, Callable[[Call], bytes]] = {
        "PLIs": lambda call: rtcp.build_pli(1, call.slot),
        "PLIs for no slot": lambda call: rtcp.build_pli(1, 5),
        "FIRs": lambda call: _feedback(206, 4, struct.pack("!IIIBxxx", 1, 0, call.slot, 5)),
        "NACKs of one packet": lambda call: rtcp.build_nack(1, call.slot, [5]),
        "receiver reports": lambda call: _report(call.slot, 1),
        "sender reports": lambda call: rtcp.build_sender_report(rtcp.SenderReport(CAMERA_SSRC, 1 << 60, 3, 4, 5)),
        "goodbyes": lambda call: rtcp.build_goodbye([1] * 10),
        "descriptions": lambda call: rtcp.build_source_description(1, "x" * 60),
        "REMBs": lambda call: _feedback(206, 15, struct.pack("!II", 1, 0) + b"REMB" + bytes(8)),
        "empty packets": lambda call: b"\x80\xcc\x00\x00",
    }
    made = {f"RTCP, {name}, all that are read": _many(packet) for name, packet in reports.items()}
    made |= {
        f"RTCP, {name}, a datagram full": _same(lambda call, packet=packet: _fill(packet(call)))  # type: ignore[misc]
        for name, packet in reports.items()
    }
    made |= {
        "RTCP, NACKs of 1,020 packets": _same(lambda call: _fill(_nack(call.slot, 60))),
        "RTCP, one NACK of 5,000 packets": _same(lambda call: _nack(call.slot, 300)),
        "RTCP, one NACK of 300 packets": _same(lambda call: _nack(call.slot, 300, 0)),
        "RTCP, NACK for the latest packets": _packets(_latest),
        "RTCP, transport-wide feedback on 2,048": _same(lambda call: _fill(_wide(call.slot, 2048))),
        "RTCP, transport-wide feedback, small and large deltas": _same(lambda call: _mixed(rtcp.MAX_REPORTED)),
        "RTCP, transport-wide feedback, every other lost": _same(lambda call: _mixed(rtcp.MAX_REPORTED, large=False)),
        "RTCP, transport-wide feedback, one full": _same(lambda call: _wide(call.slot, 0x2000 | 1300, 1300)),
        "RTCP, 60 report blocks": _same(lambda call: _report(call.slot, 30) * 2),
        "RTCP, ever new SSRCs": _packets(
            lambda call, number: rtcp.build_pli(number + 1, 5)[:4] + struct.pack("!II", number, 5)
        ),
        "RTCP, bad padding": _same(lambda call: b"\xa0\xc9\x00\x01\x00\x00\x00\x09"),
    }
    return made


def _report(ssrc: int, blocks: int) -> bytes:
    block = ReportBlock(ssrc, 1, 2, 3, 4, 5, 6)
    return rtcp.build_receiver_report(rtcp.ReceiverReport(1, (block,) * blocks))


def _latest(call: Call, number: int) -> bytes:
    slot = next(slot for slot in call.transport.sender.slots.values() if slot.forwarder.ssrc == call.slot)
    last = slot.forwarder.munger.last_seq
    return rtcp.build_nack(1, call.slot, [(last - back) & 0xFFFF for back in range(400, -1, -1)])


def _video(
    number: int, payload: bytes, *, payload_type: int = CAMERA, ssrc: int = CAMERA_SSRC, step: int = 1, wide: int = 1
) -> bytes:
    values = {
        EXTENSION_IDS["urn:ietf:params:rtp-hdrext:sdes:mid"]: b"1",
        4: struct.pack("!H", number * wide & 0xFFFF),
    }
    return rtp.build_packet(payload_type, number * step & 0xFFFF, number * 3000, ssrc, payload, extensions=values)


def _extended(profile: int, block: bytes) -> Make:
    def make(call: Call, number: int) -> bytes:
        header = struct.pack("!BBHII", 0x90, CAMERA, number & 0xFFFF, number, CAMERA_SSRC)
        return header + struct.pack("!HH", profile, len(block) // 4) + block + b"\x10\x01x"

    return _packets(make)


def rtp_rows() -> dict[str, Make]:
    """RTP of a member, of streams that nobody watches."""
    vp8 = b"\x10\x01" + b"x" * 20
    payloads = {
        "VP8": (CAMERA, vp8),
        "a VP8 keyframe": (CAMERA, b"\x10\x00\x00\x00\x9d\x01\x2a\x00\x00\x00\x00" + b"x" * 1000),
        "VP8, all numbers": (CAMERA, b"\x90\xf0\x81\x23\x0a\x7f\x00" + b"x" * 1000),
        "VP8, nothing": (CAMERA, b""),
        "H.264 of tiny units": (H264, b"\x18" + b"\x00\x01\x01" * 450),
        "H.264 of empty units": (H264, b"\x18" + b"\x00\x00" * 680),
        "H.264, fragment": (H264, b"\x7c\x85" + b"x" * 1000),
    }
    made = {
        f"RTP, {name}": _packets(lambda call, number, kind=kind: _video(number, kind[1], payload_type=kind[0]))  # type: ignore[misc]
        for name, kind in payloads.items()
    }
    made |= {
        "RTP, tiny one-byte elements": _extended(0xBEDE, b"\x10x" * 680),
        "RTP, padding for elements": _extended(0xBEDE, bytes(1360)),
        "RTP, tiny two-byte elements": _extended(0x1000, b"\x01\x00" * 680),
        "RTP, padding for two-byte elements": _extended(0x1000, bytes(1360)),
        "RTP, two-byte elements of 255": _extended(0x1000, (b"\x0c\xff" + b"x" * 255 + b"\x00\x00\x00") * 5),
        "RTP, an unknown profile": _extended(0x4242, b"\x10x" * 680),
        "RTP, numbers that jump": _packets(lambda call, number: _video(number, vp8, step=250)),
        "RTP, transport-wide numbers that jump": _packets(lambda call, number: _video(number, vp8, wide=1000)),
        "RTP, gaps in transport-wide numbers": _packets(lambda call, number: _video(number, vp8, wide=390)),
        "RTP, a codec that changes each time": _packets(
            lambda call, number: _video(number, vp8, payload_type=(CAMERA, H264)[number % 2])
        ),
        "RTP, a dependency structure that changes each time": _changing_structures,
        "RTP, ever new SSRCs": _packets(lambda call, number: _video(number, vp8, ssrc=number + 1)),
        "RTP, an unknown payload type": _packets(lambda call, number: _video(number, vp8, payload_type=50)),
        "RTP, of no section": _packets(lambda call, number: rtp.build_packet(50, number & 0xFFFF, 1, 77, vp8)),
        "RTP, retransmissions": _packets(
            lambda call, number: _video(number, b"\x00\x01" + vp8, payload_type=97, ssrc=9)
        ),
        "RTP, contributing sources": _packets(
            lambda call, number: b"\x8f" + _video(number, bytes(60) + vp8)[1:12] + bytes(60) + vp8
        ),
        "RTP, padding longer than the packet": _packets(
            lambda call, number: b"\xb0" + _video(number, b"\xff" * 100)[1:]
        ),
        "RTP, RED of many blocks": _packets(
            lambda call, number: rtp.build_packet(
                111, number & 0xFFFF, number, 5, b"\xef\x00\x00\x00" * 300 + b"\x6f", extensions={1: b"0", 5: b"\x00"}
            )
        ),
    }
    return made


def _structure(number: int, targets: int, steps: str) -> bytes:
    """A descriptor with another structure for each number; `steps`: those of all templates but the first (0 to 2)."""
    rng = random.Random(number)
    bits = f"1{0:04b}{number % 64:06b}{targets - 1:05b}" + "".join(f"{int(step):02b}" for step in steps) + "11"
    bits += f"{rng.getrandbits(2 * targets * (len(steps) + 1)):0{2 * targets * (len(steps) + 1)}b}"
    bits += "0" * (-len(bits) % 8)
    return bytes((0x80 | number % 64, 0, 7)) + int(bits, 2).to_bytes(len(bits) // 8)


def _changing_structures(call: Call) -> Datagrams:
    """Keyframes of a sender who uses the dependency descriptor, which no offer negotiates yet."""
    call.transport.receiver._extension_names[12] = extensions.DEPENDENCY_DESCRIPTOR

    def make(call: Call, number: int) -> bytes:
        value = _structure(number, 5, "1111111" + "0" * 24)
        mid = EXTENSION_IDS[extensions.MID]
        block = bytes((mid, 1)) + b"1" + bytes((12, len(value))) + value
        header = struct.pack("!BBHII", 0x90, CAMERA, number & 0xFFFF, number, CAMERA_SSRC)
        return header + struct.pack("!HH", 0x1000, -(-len(block) // 4)) + block + bytes(-len(block) % 4) + b"\x10\x01x"

    return _packets(make)(call)


def structure_rows() -> dict[str, Callable[[int], bytes]]:
    """Structures of the largest sizes that are read, and larger ones, by number."""
    return {
        "32 templates": lambda number: _structure(number, 1, "0" * 31),
        "32 templates of 8 temporal layers": lambda number: _structure(number, 5, "1" * 7 + "0" * 24),
        "32 layers": lambda number: _structure(number, 5, "1111111" + "21111111" * 3),
        "32 decode targets": lambda number: _structure(number, 32, "1111"),
        "more templates than are read": lambda number: _structure(number, 1, "0" * 60),
        "more layers than are read": lambda number: _structure(number, 1, "2222"),
        "a structure cut short": lambda number: _structure(number, 5, "1" * 7 + "0" * 24)[:-10],
        "a structure that doesn't end": lambda number: _structure(number, 1, "0" * 31)[:8] + bytes(240),
    }


def structure_cost(make: Callable[[int], bytes]) -> float:
    """Microseconds to read a packet's dependency descriptor with a new structure."""
    calls = 200
    values = iter([make(number) for number in range(cpu_cost.ROUNDS * calls)])
    packet = Packet(CAMERA, 0, 1, 1, b"x", 1.0, {})

    def one() -> None:
        packet.extensions = {extensions.DEPENDENCY_DESCRIPTOR: next(values)}
        codecs.annotate_by_dependencies(packet, None)

    return cpu_cost.microseconds(one, calls)


def _record(body: bytes, number: int, kind: int = 22, epoch: int = 0) -> bytes:
    return struct.pack("!BHHHIH", kind, 0xFEFD, epoch, 0, number, len(body)) + body


def _plain(make: Callable[[Call, int], bytes]) -> Make:
    """Datagrams that anyone can send from the member's address."""
    return lambda call: lambda count: [make(call, number) for number in range(count)]


def other_rows() -> dict[str, Make]:
    """DTLS, STUN with a known user name, and datagrams that aren't authentic."""
    hello = bytes.fromhex("01000100000000000000002c") + bytes(44)
    return {
        "DTLS, ClientHellos": _plain(lambda call, number: _record(hello, number)),
        "DTLS, empty records": _plain(lambda call, number: _record(b"", number) * 100),
        "DTLS, fragments of a byte": _plain(
            lambda call, number: _record(hello[:6] + bytes(3) + b"\x00\x00\x01x", number) * 36
        ),
        "DTLS, encrypted noise": _plain(lambda call, number: _record(os.urandom(40), number, 21, 1) * 25),
        "DTLS, alerts": _plain(lambda call, number: _record(b"\x02\x28", number, 21) * 90),
        "SRTP that isn't authentic": _plain(lambda call, number: b"\x80\x60" + os.urandom(1200)),
        "SRTCP that isn't authentic": _plain(lambda call, number: b"\x80\xc9" + os.urandom(1200)),
        "noise": _plain(lambda call, number: os.urandom(1300)),
        "STUN, a right check": _plain(lambda call, number: _check(call, call.transport.ice.local.password)),
        "STUN, a wrong password": _plain(lambda call, number: _check(call, "x" * 24)),
        "STUN, many attributes for a known user": _plain(lambda call, number: _stun(_user(call))),
        "STUN, a long value for a known user": _plain(lambda call, number: _stun(_user(call), 1400)),
    }


def _user(call: Call) -> bytes:
    ice = call.transport.ice
    return f"{ice.local.ufrag}:{ice.remote.ufrag}".encode()


def _check(call: Call, password: str) -> bytes:
    return stun.build_request(_user(call).decode(), password, priority=1, tie_breaker=1, nominate=True)


def _stun(user: bytes, value: int = 0, size: int = 1476) -> bytes:
    body = struct.pack("!HH", stun.USERNAME, len(user)) + user + bytes(-len(user) % 4)
    for number in itertools.count():
        if len(body) + 4 + value > size:
            break
        body += struct.pack("!HH", 0x8100 + number, value) + bytes(value)
    return struct.pack("!HHI", stun.BINDING_REQUEST, len(body), stun.COOKIE) + os.urandom(12) + body


def stun_rows() -> dict[str, bytes]:
    """Checks for unknown users."""
    late = _stun(b"nobody:x")
    return {
        "small": _stun(b"nobody:x", size=0),
        "370 attributes": late,
        "a long value": _stun(b"nobody:x", 1400),
        "a long user": _stun(b"n" * 1400 + b":x", size=0),
        "no user": struct.pack("!HHI", 1, 1476, stun.COOKIE) + bytes(12) + late[40:] + bytes(1476 + 40 - len(late)),
        "a response": b"\x01\x01" + late[2:],
        "another cookie": late[:4] + bytes(4) + late[8:],
    }


def stun_cost(datagram: bytes) -> float:
    """Microseconds for a datagram from an unknown address."""
    relay, now = Relay(_CERTIFICATE), 1.0
    relay.add(Credentials.generate(), _CLIENT.fingerprint, now)
    relay.buffer.data[: len(datagram)] = datagram
    return cpu_cost.microseconds(lambda: relay.receive(len(datagram), NOBODY, now), 2000)


def offer_cost(text: str) -> float:
    """Microseconds for a participant's first offer, including the answer."""
    room = Registry(ManualPlane(1.0)).create("t", 1.0)
    members = iter([room.join(Person(f"p{number}", "n"), Rights()) for number in range(cpu_cost.ROUNDS)])

    def one() -> None:
        with suppress(RoomError):
            at_once(room.offer(next(members), text, HOSTS))

    return cpu_cost.microseconds(one)


def message_rows() -> dict[str, str]:
    """The largest message of every type, and messages that are refused."""
    slots = [{"slot": f"v{number}", "publication": f"{'y' * 60}{number}", "height": 720} for number in range(60)]
    encodings = [{"rid": f"{'r' * 15}{number}", "height": 16384, "max_bitrate": 1 << 40} for number in range(4)]
    bodies: dict[str, dict[str, object]] = {
        "watch": {"slots": slots},
        "publish": {"mid": "1", "source": "camera", "width": 1, "height": 1, "encodings": encodings},
        "mute": {"source": "camera", "muted": True},
        "unpublish": {"source": "camera"},
        "chat": {"text": "\U0001f600" * 4000},
        "hand": {"raised": True},
        "react": {"emoji": "\U0001f600" * 16},
        "history": {"before": 1, "limit": 100},
        "join": {"token": "x" * 4096},
        "resume": {"token": "x" * 4096, "last_event": 0},
        "ping": {},
        "moderate": {"action": {"do": "mute_all", "source": "microphone"}},
    }
    made = {kind: json.dumps({"type": kind, "id": 1, **body}) for kind, body in bodies.items()}
    size = messages.MAX_MESSAGE_BYTES - 100
    made |= {
        "unknown fields": '{"type":"ping","id":1,' + ",".join(f'"a{number}":0' for number in range(4_100)) + "}",
        "a quarter of a million values": "[" + "1," * (size // 2) + "1]",
        "nesting": "[" * size,
        "a long number": '{"type":"ping","id":' + "9" * size + "}",
        "a long name": '{"type":"ping","id":1,"' + "x" * size + '":1}',
        "a long type": '{"type":"' + "x" * size + '","id":1}',
        "long slots": json.dumps({"type": "watch", "id": 1, "slots": [{"slot": "x" * 60}] * 3000}),
    }
    return made


class Crowd:
    """A large room with slots, whose first member publishes and sends requests; cached, as it takes long to fill."""

    _made: "Crowd | None" = None

    def __init__(self) -> None:
        self.now = 1.0
        self.room: Room = Registry(ManualPlane(self.now)).create("t", self.now)
        self.members = [self.room.join(Person(f"p{number}", "n" * 40), Rights()) for number in range(MEMBERS)]
        for member in self.members:
            member.attach(lambda seq, body: None)
            fingerprint = Fingerprint("sha-256", os.urandom(32).hex(":").upper())
            offer = build_offer(Credentials.generate(), fingerprint, audio_slots=4, video_slots=60, simulcast=False)
            at_once(self.room.offer(member, offer, HOSTS))

    @classmethod
    def get(cls) -> "Crowd":
        if cls._made is None:
            cls._made = cls()
        return cls._made

    @property
    def asking(self) -> Participant:
        return self.members[0]


def message_cost(text: str) -> float:
    """Microseconds to read and handle a message in a large room."""
    crowd = Crowd.get()
    flip = itertools.cycle((True, False))

    def one() -> None:
        crowd.now += 2.0  # so that no budget is used up
        try:
            request = messages.parse_client_message(text)
            if isinstance(request, messages.Hand | messages.Mute):
                field = "raised" if isinstance(request, messages.Hand) else "muted"
                request = request.model_copy(update={field: next(flip)})
            if isinstance(request, messages.Join | messages.Resume | messages.History):
                return  # a session refuses these, or waits for the database: reading them is the cost
            at_once(handlers.handle(Context(crowd.room, crowd.asking, HOSTS, crowd.now, crowd.now), request))
        except (BadMessageError, RoomError):
            pass

    return cpu_cost.microseconds(one, 3)
