"""CPU time of hostile connections for media over TCP, without the system calls: rows of `hostile_cost`."""

import random
from collections.abc import Callable, Iterator
from functools import partial

from sfu.net.streams import MOST_CHECKS, READ, StreamConnection
from sfu.relay import Relay
from sfu.secure.dtls import Certificate
from sfu.secure.ice_lite import Credentials
from sfu.wire import rtp
from sfu.wire.framing import framed
from sfu.wire.rtp import Mid
from tests import cpu_cost
from tests.unit.sfu.net.test_streams import Edge, Wire, moved
from tests.unit.sfu.rig import AUDIO_SLOT, SLOT, Client, Rig

_CERTIFICATE = Certificate()

CALLS = 300
"""Connections, reads or datagrams in a round."""


def tcp_rows(unknown: dict[str, bytes]) -> Iterator[tuple[str, Callable[[], float]]]:
    """All rows; `unknown` are checks for unknown users."""
    for name, data in connection_rows(unknown).items():
        yield f"TCP connection: {name}", partial(connection_cost, data)
    for name, data in member_rows().items():
        yield f"TCP datagram: {name}", partial(member_cost, data)
    yield "TCP read: of one byte", byte_cost
    for name, slot in {"video": SLOT, "sound": AUDIO_SLOT}.items():
        yield f"TCP datagram: {name} that a member doesn't read", partial(unread_cost, slot)


def connection_rows(unknown: dict[str, bytes]) -> dict[str, bytes]:
    """What a stranger says over a connection, until it is closed."""
    media = rtp.build_packet(96, 1, 2, 3, bytes(1000))
    said = {
        "nothing, until others take its place": b"",
        "garbage": random.Random(1).randbytes(READ),
        "frames that are too long": b"\xff\xff" * (READ // 2),
        "empty frames": bytes(READ),
        "media": framed(media, len(media)),
        "a frame that never ends": framed(media, len(media))[:-1],
    }
    checks = {f"as many unknown checks as it may send, {name}": data for name, data in unknown.items()}
    return said | {name: framed(data, len(data)) * (MOST_CHECKS + 1) for name, data in checks.items()}


def member_rows() -> dict[str, bytes]:
    """What a member fills a read with: datagrams of the same length, none of which is any good."""
    return {
        "smallest frames, a read full": framed(b"\x80\x60" + bytes(10), 12),
        "RTP that isn't theirs": framed(rtp.build_packet(96, 1, 2, 3, bytes(1000)), 1 << 16),
        "RTCP that isn't theirs": framed(b"\x80\xc9\x00\x01" + bytes(1000), 1 << 16),
        "garbage of a DTLS handshake": framed(b"\x16\xfe\xfd" + bytes(200), 1 << 16),
    }


def edge_of(relay: Relay) -> Edge:
    """Connections of a relay, which are never swept."""
    edge = Edge(relay)
    edge.streams._sweep_soon = lambda: None  # type: ignore[method-assign]
    return edge


def connection_cost(said: bytes) -> float:
    """Microseconds for a connection over which a stranger says that."""
    relay = Relay(_CERTIFICATE)
    relay.add(Credentials.generate(), Certificate().fingerprint, 1.0)
    edge = edge_of(relay)

    def one() -> None:
        connection, wire = edge.connect()
        for start in range(0, len(said), READ):
            if wire.aborted:
                break
            read(connection, said[start : start + READ])
        if wire.aborted:
            connection.connection_lost(None)

    return cpu_cost.microseconds(one, CALLS)


def member_cost(frame: bytes) -> float:
    """Microseconds for each datagram of a read that is full of this frame."""
    _, _, connection, _ = member()
    count = READ // len(frame)
    return cpu_cost.microseconds(lambda: read(connection, frame * count), 10) / count


def byte_cost() -> float:
    """Microseconds for a read of one byte of a full frame."""
    _, _, connection, _ = member()
    data = framed(rtp.build_packet(96, 1, 2, 3, bytes(1400)), 1 << 16)
    pieces = [data[at : at + 1] for at in range(len(data))]

    def one() -> None:
        for piece in pieces:
            read(connection, piece)

    return cpu_cost.microseconds(one) / len(pieces)


def unread_cost(slot: Mid) -> float:
    """Microseconds for a datagram to a member who reads nothing, once as much waits as may."""
    edge, client, connection, wire = member()
    ssrc = client.transport.sender.slots[slot].forwarder.ssrc
    wire.reads = False
    packet = rtp.build_packet(96, 1, 2, ssrc, bytes(1000))

    def one() -> None:
        edge.streams.send(packet, len(packet), connection.address)

    for _ in range(CALLS):
        one()
    assert connection.waiting > 0
    return cpu_cost.microseconds(one, CALLS)


def member() -> tuple[Edge, Client, StreamConnection, Wire]:
    """A connection over which a member gets media."""
    rig = Rig()
    client, _ = rig.viewer()
    edge = edge_of(rig.relay)
    connection, wire = moved(edge, client)
    return edge, client, connection, wire


def read(connection: StreamConnection, data: bytes) -> None:
    """Let a connection take what was read at once."""
    connection.get_buffer(-1)[: len(data)] = data
    connection.buffer_updated(len(data))
