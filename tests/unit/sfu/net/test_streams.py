"""Media over TCP: what waits for a slow reader, and which connections may stay."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sfu.net.streams import (
    ALL_BYTES,
    MOST_CHECKS,
    MOST_UNKNOWN,
    OTHER_BYTES,
    OTHER_SECONDS,
    READ,
    UNKNOWN_SECONDS,
    VIDEO_BYTES,
    VIDEO_SECONDS,
    StreamConnection,
    Streams,
)
from sfu.relay import Relay
from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials
from sfu.wire import rtp, stun
from sfu.wire.framing import Deframer, framed
from sfu.wire.stun import Address
from tests.unit.sfu.rig import AUDIO_SLOT, Client, Rig

CERTIFICATE = Certificate()


class Wire(asyncio.Transport):
    """A connection's transport, as slow as a test says."""

    def __init__(self, protocol: StreamConnection, port: int = 5000) -> None:
        super().__init__({"peername": ("192.0.2.1", port)})
        self._protocol = protocol
        self.written: list[bytes] = []
        self.reads = True
        self.aborted = self.closed = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))
        if not self.reads:
            self._protocol.pause_writing()

    def get_write_buffer_size(self) -> int:
        return 0 if self.reads else len(self.written[-1])

    def is_closing(self) -> bool:
        return self.aborted or self.closed

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.closed = True

    def read_all(self) -> None:
        """The reader takes what was written, and goes on reading."""
        self.reads = True
        self._protocol.resume_writing()

    @property
    def datagrams(self) -> list[bytes]:
        return [bytes(each) for each in Deframer().take(b"".join(self.written))]


class Edge:
    """Connections of a relay, at a time that stands still."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.now = 10.0
        self.streams = Streams(relay, lambda: self.now, self.flush)
        self.unrouted: list[Address] = []

    def flush(self) -> None:
        self.relay.flush(self.now, self.send)

    def send(self, data: memoryview | bytes, segment: int, address: Address) -> None:
        if isinstance(address, stun.StreamAddress):
            self.streams.send(data, segment, address)
        else:
            self.unrouted.append(address)

    def connect(self, port: int = 5000) -> tuple[StreamConnection, Wire]:
        connection = StreamConnection(self.streams)
        wire = Wire(connection, port)
        connection.connection_made(wire)
        return connection, wire

    def receive(self, connection: StreamConnection, data: bytes) -> None:
        for start in range(0, len(data), READ):
            piece = data[start : start + READ]
            connection.get_buffer(-1)[: len(piece)] = piece
            connection.buffer_updated(len(piece))


def check_of(local: Credentials, remote: Credentials) -> bytes:
    """A client's check, framed."""
    name = f"{local.ufrag}:{remote.ufrag}"
    check = stun.build_request(name, local.password, priority=1, tie_breaker=1, nominate=True)
    return framed(check, len(check))


def moved(edge: Edge, client: Client) -> tuple[StreamConnection, Wire]:
    """A connection that the client has moved to."""
    connection, wire = edge.connect()
    edge.now += 60  # it was nominated over UDP long ago
    edge.receive(connection, check_of(client.transport.ice.local, client.transport.ice.remote))
    assert client.transport.ice.address == connection.address
    wire.written.clear()
    return connection, wire


def sweeps(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A function that lets time pass, which is all that sweeping depends on."""
    monkeypatch.setattr(edge.streams, "_sweep_soon", lambda: None)

    def wait(seconds: float) -> None:
        edge.now += seconds
        edge.streams._sweep()

    return wait


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Edge:
    made = Edge(Rig().relay)
    monkeypatch.setattr(made.streams, "_sweep_soon", lambda: None)
    return made


def with_viewer(monkeypatch: pytest.MonkeyPatch) -> tuple[Rig, Edge, Client, StreamConnection, Wire]:
    rig = Rig()
    edge = Edge(rig.relay)
    monkeypatch.setattr(edge.streams, "_sweep_soon", lambda: None)
    client, _ = rig.viewer()
    connection, wire = moved(edge, client)
    return rig, edge, client, connection, wire


def packet(ssrc: int, number: int = 0, size: int = 1000) -> bytes:
    return rtp.build_packet(96, number, 0, ssrc, bytes(size))


def test_a_check_is_answered_on_its_connection_in_any_pieces_it_comes_in(edge: Edge) -> None:
    remote = Credentials.generate()
    transport = edge.relay.add(remote, CERTIFICATE.fingerprint, edge.now)
    connection, wire = edge.connect()
    assert not edge.streams.active
    for byte in check_of(transport.ice.local, remote):
        edge.receive(connection, bytes((byte,)))
    (answer,) = wire.datagrams
    assert stun.parse(answer).kind == stun.BINDING_SUCCESS
    assert transport.egress.address == connection.address
    assert edge.streams.active


def test_a_frame_that_is_no_datagram_closes_the_connection(edge: Edge) -> None:
    connection, wire = edge.connect()
    edge.receive(connection, b"\xff\xff")
    assert wire.aborted
    assert edge.relay.drops["tcp_framing"] == 1


def test_a_connection_without_a_valid_check_is_closed_after_some_seconds(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = sweeps(edge, monkeypatch)
    remote = Credentials.generate()
    transport = edge.relay.add(remote, CERTIFICATE.fingerprint, edge.now)
    _, silent_wire = edge.connect(5000)
    wrong, wrong_wire = edge.connect(5001)
    right, right_wire = edge.connect(5002)
    edge.receive(wrong, check_of(Credentials(transport.ice.local.ufrag, "x" * 24), remote))
    edge.receive(right, check_of(transport.ice.local, remote))
    wait(UNKNOWN_SECONDS - 0.1)
    assert not silent_wire.aborted
    wait(0.1)
    assert (silent_wire.aborted, wrong_wire.aborted, right_wire.aborted) == (True, True, False)
    assert wrong_wire.written == []
    assert edge.relay.drops["tcp_no_check"] == 2


def test_until_its_first_valid_check_a_connection_may_only_send_checks_and_not_many(edge: Edge) -> None:
    remote = Credentials.generate()
    transport = edge.relay.add(remote, CERTIFICATE.fingerprint, edge.now)
    other, wire = edge.connect(1)
    media = packet(1)
    edge.receive(other, framed(media + check_of(transport.ice.local, remote), len(media)))
    assert wire.aborted
    many, wire = edge.connect(2)
    wrong = check_of(Credentials("nobody", "x" * 24), remote)
    edge.receive(many, wrong * MOST_CHECKS)
    assert not wire.aborted
    edge.receive(many, check_of(transport.ice.local, remote))
    assert wire.aborted
    assert edge.relay.received == MOST_CHECKS
    assert edge.relay.drops["tcp_no_check"] == 2
    right, wire = edge.connect(3)
    edge.receive(right, wrong * (MOST_CHECKS - 1) + check_of(transport.ice.local, remote) + wrong * 9)
    assert not wire.aborted
    edge.receive(right, framed(media, len(media)))
    assert not wire.aborted


def test_when_its_client_has_ended_a_connection_is_closed_too(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = sweeps(edge, monkeypatch)
    remote = Credentials.generate()
    transport = edge.relay.add(remote, CERTIFICATE.fingerprint, edge.now)
    connection, wire = edge.connect()
    edge.receive(connection, check_of(transport.ice.local, remote))
    edge.relay.remove(transport, "left")
    wait(1.0)
    assert not wire.aborted
    wait(UNKNOWN_SECONDS)
    assert wire.aborted
    wait(1.0)
    assert not edge.streams.active


def test_of_too_many_unknown_connections_the_oldest_gives_way_and_no_known_one(edge: Edge) -> None:
    remote = Credentials.generate()
    transport = edge.relay.add(remote, CERTIFICATE.fingerprint, edge.now)
    known, known_wire = edge.connect(1)
    edge.receive(known, check_of(transport.ice.local, remote))
    wires = [edge.connect(2 + number)[1] for number in range(MOST_UNKNOWN + 3)]
    assert [wire.aborted for wire in wires] == [True] * 3 + [False] * MOST_UNKNOWN
    assert not known_wire.aborted


def test_while_a_client_reads_everything_leaves_at_once_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    _, edge, client, connection, wire = with_viewer(monkeypatch)
    packets = [packet(1, number) for number in range(50)]
    edge.streams.send(b"".join(packets), len(packets[0]), connection.address)
    assert wire.datagrams == packets
    assert connection.waiting == 0
    assert client.transport.egress.address == connection.address


def test_to_a_slow_reader_sound_and_control_go_before_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    _, edge, client, connection, wire = with_viewer(monkeypatch)
    slots = client.transport.sender.slots
    video = next(slot.forwarder.ssrc for slot in slots.values() if slot.kind == "video")
    sound = slots[AUDIO_SLOT].forwarder.ssrc
    wire.reads = False
    first, pictures = packet(video, 0), [packet(video, number) for number in range(1, 5)]
    voice, control = packet(sound, 9, 100), b"\x81\xc9" + bytes(30)
    for each in (first, *pictures, voice, control):
        edge.streams.send(each, len(each), connection.address)
    assert wire.datagrams == [first]
    assert edge.streams.waiting == connection.waiting > 0
    wire.read_all()
    assert wire.datagrams == [first, voice, control, *pictures]
    assert edge.streams.waiting == connection.waiting == 0


def test_what_isn_t_read_is_dropped_whole_pictures_first_and_the_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, edge, client, connection, wire = with_viewer(monkeypatch)
    slots = client.transport.sender.slots
    video = next(slot.forwarder.ssrc for slot in slots.values() if slot.kind == "video")
    sound = slots[AUDIO_SLOT].forwarder.ssrc
    wire.reads = False
    sent = 2 * VIDEO_BYTES // 1000
    for number in range(sent):
        edge.streams.send(packet(video, number), 1012, connection.address)
    voices = [packet(sound, number, 200) for number in range(20)]
    for voice in voices:
        edge.streams.send(voice, len(voice), connection.address)
    assert connection.waiting <= VIDEO_BYTES + OTHER_BYTES
    wire.read_all()
    first, *got = wire.datagrams
    assert got[:20] == voices
    assert [rtp.RtpHeader(each, len(each)).seq for each in got[20:]] == list(range(sent - len(got) + 20, sent))
    assert rig.relay.drops["tcp_video_not_read"] == sent - 1 - (len(got) - 20) > 0
    assert rig.relay.drops["tcp_not_read"] == 0
    assert len(first) == 1012


def test_what_has_waited_too_long_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, edge, client, connection, wire = with_viewer(monkeypatch)
    slots = client.transport.sender.slots
    video = next(slot.forwarder.ssrc for slot in slots.values() if slot.kind == "video")
    sound = slots[AUDIO_SLOT].forwarder.ssrc
    wire.reads = False
    for ssrc in (video, video, sound):
        edge.streams.send(packet(ssrc), 1012, connection.address)
    edge.now += VIDEO_SECONDS + 0.1
    edge.streams.send(packet(video, 7), 1012, connection.address)
    assert rig.relay.drops["tcp_video_not_read"] == 1
    edge.now += OTHER_SECONDS - VIDEO_SECONDS
    wire.read_all()
    assert rig.relay.drops["tcp_not_read"] == 1
    assert [rtp.RtpHeader(each, len(each)).seq for each in wire.datagrams[1:]] in ([], [7])
    assert connection.waiting == 0


def test_what_waits_for_all_together_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    rig, edge, client, connection, wire = with_viewer(monkeypatch)
    video = next(slot.forwarder.ssrc for slot in client.transport.sender.slots.values() if slot.kind == "video")
    wire.reads = False
    edge.streams.waiting = ALL_BYTES
    for number in range(3):
        edge.streams.send(packet(video, number), 1012, connection.address)
    assert (connection.waiting, edge.streams.waiting) == (0, ALL_BYTES)
    assert rig.relay.drops["tcp_video_not_read"] == 2


def test_after_its_connection_closed_a_client_gets_nothing_until_its_next_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig, edge, client, connection, wire = with_viewer(monkeypatch)
    wire.reads = False
    for number in range(3):
        edge.streams.send(packet(1, number), 1012, connection.address)
    connection.connection_lost(None)
    assert edge.streams.waiting == 0
    edge.streams.send(packet(1), 1012, connection.address)
    assert rig.relay.drops["tcp_closed"] == 1
    assert not rig.relay.knows(connection.address)
    again, wire = edge.connect(5001)
    edge.receive(again, check_of(client.transport.ice.local, client.transport.ice.remote))
    assert client.transport.egress.address == again.address
    assert len(wire.datagrams) == 1
    assert edge.streams.active


def test_what_is_sent_before_the_loss_of_a_connection_is_known_is_counted_as_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig, edge, _, connection, wire = with_viewer(monkeypatch)
    wire.abort()  # as asyncio does when a write fails
    edge.streams.send(bytes(2500), 1000, connection.address)
    assert wire.written == []
    assert rig.relay.drops["tcp_closed"] == 3


def test_closing_closes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    _, edge, _, _, wire = with_viewer(monkeypatch)
    _, other = edge.connect(5001)
    edge.streams.close()
    assert (wire.closed, other.closed) == (True, True)


def test_at_the_end_a_connection_that_nobody_reads_is_cut(edge: Edge) -> None:
    """Closing it would wait for ever."""
    connection, wire = edge.connect()
    wire.reads = False
    connection.send(b"\x80" * 40, 40, edge.now)
    edge.streams.close()
    assert (wire.closed, wire.aborted) == (False, True)
