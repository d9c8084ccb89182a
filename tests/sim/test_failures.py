"""An unexpected exception, at each step of the packet path and of timers: only the transport at fault ends."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sfu.path.arena import Arena
from sfu.path.batch import Batch
from sfu.path.forwarder import Forwarder
from sfu.publication import Encoding
from sfu.receiver import MediaReceiver
from sfu.relay import FAILED, Relay
from sfu.router import Router
from sfu.sender import MediaSender
from sfu.transport import State, Transport
from tests.sim.network import World
from tests.sim.peer import Peer


class TwoRooms(World):
    """Two rooms on one relay: `a` is watched by `b` and `c`; `x` by `y`."""

    def __init__(self) -> None:
        super().__init__(seed=1)
        first = self.router
        self.a, self.b, self.c = self.join("a"), self.join("b"), self.join("c", publish=())
        self.router = Router()
        self.x, self.y = self.join("x", simulcast=False), self.join("y", publish=())
        self.routers = [first, self.router]

    def reconcile(self) -> None:
        for router in getattr(self, "routers", [self.router]):
            router.listen(self.now)
            self.changes += [(self.now, change) for change in router.reconcile(self.now)]

    def show_in_first(self, viewer: Peer, publication: str) -> None:
        self.router = self.routers[0]
        self.show(viewer, "v0", publication)
        self.router = self.routers[1]

    def watch(self) -> None:
        self.connect()
        self.show(self.y, "v0", "x.camera")
        for viewer, publication in ((self.b, "a.camera"), (self.c, "a.camera"), (self.a, "b.camera")):
            self.show_in_first(viewer, publication)
        self.run(1.0)


@pytest.fixture
def rooms() -> TwoRooms:
    world = TwoRooms()
    world.watch()
    return world


def is_of(thing: Any, peer: Peer) -> bool:
    """Whether an object of the relay is a part of this peer's."""
    transport = peer.transport
    match thing:
        case Transport():
            return thing is transport
        case MediaReceiver():
            return thing is transport.receiver
        case MediaSender():
            return thing is transport.sender
        case Encoding():
            return thing.publication.ingress is transport.receiver.ingress
        case Forwarder():
            return thing.egress is transport.egress
        case Batch():
            return thing.ingress is transport.receiver.ingress
        case _:
            return False


@dataclass(frozen=True)
class Step:
    """A method that raises for one peer's objects from some moment on."""

    owner: type
    method: str
    victim: str
    provoke: Callable[[TwoRooms], None] = lambda _: None
    closes: bool = True

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.method} of {self.victim}"


def lose_some(world: TwoRooms) -> None:
    """Lose a frame or two; the NACK comes, and the goodbye arrives, when nothing is lost any more."""
    world.b.down.loss = 1.0
    world.run(0.15)
    world.b.down.loss = 0.0


def newcomer(world: TwoRooms) -> None:
    """Somebody who watches `a` and gets a replay, or a switch."""
    world.show_in_first(world.b, "a.microphone")
    world.run(0.2)
    world.show_in_first(world.b, "a.camera")
    world.show_in_first(world.c, "a.microphone")
    world.run(0.2)
    world.show_in_first(world.c, "a.camera")


STEPS = [
    Step(Transport, "receive_media", "a"),
    Step(Transport, "receive_check", "a", closes=False),
    Step(MediaReceiver, "receive_rtp", "a"),
    Step(MediaReceiver, "receive_sender_report", "a"),
    Step(Encoding, "received", "a"),
    Step(Encoding, "take_batch", "a"),
    Step(Encoding, "replay", "a", newcomer),
    Step(Batch, "layout", "a"),
    Step(Forwarder, "start_at", "b", newcomer),
    Step(Forwarder, "write", "b"),
    Step(Forwarder, "_write_layout", "b"),
    Step(Transport, "_receive_rtcp", "b"),
    Step(MediaSender, "receive_nacks", "b", lose_some),
    Step(MediaSender, "receive_reports", "b"),
    Step(MediaSender, "sender_reports", "b"),
    Step(Transport, "flush_control", "b"),
    Step(MediaReceiver, "poll", "a"),
    Step(MediaReceiver, "timeout", "a"),
    Step(MediaReceiver, "reports", "a"),
    Step(Transport, "poll", "b"),
    Step(Transport, "timeout", "b"),
    Step(Relay, "_distribute", "a"),
    Step(Relay, "_settle", "b"),
    Step(Relay, "_schedule", "b"),
]


def inject(monkeypatch: pytest.MonkeyPatch, step: Step, victim: Peer) -> None:
    original = getattr(step.owner, step.method)

    def raising(self: Any, *arguments: Any, **named: Any) -> Any:
        things = (self, *arguments) if isinstance(self, Relay) else (self,)
        if any(is_of(thing, victim) for thing in things):
            raise ZeroDivisionError(f"injected into {step}")
        return original(self, *arguments, **named)

    monkeypatch.setattr(step.owner, step.method, raising)


def assert_clean(world: TwoRooms) -> None:
    """Nothing of what was under way has been left behind."""
    relay = world.relay
    live = relay.transports
    assert relay._arena.position == 0
    assert (relay._touched, relay._direct, relay._failed) == ({}, [], {})
    assert (relay._departures.ready, relay._departures.switched) == ([], [])
    assert set(relay._by_egress.values()) == set(live)
    assert set(relay._timers._current) == set(live)
    assert set(relay._by_address.values()) <= set(live)
    for peer in world.peers.values():
        assert peer.transport.egress.batches == []
        assert peer.transport.receiver.dirty == []
        for encoding in peer.transport.receiver.encodings():
            assert encoding.pending == []
            for sink in [*encoding.sinks, *encoding.waiting]:
                assert isinstance(sink, Forwarder)
                assert sink.egress in {transport.egress for transport in live}


@dataclass
class Watched:
    """A viewer, and what it had got before the exception."""

    peer: Peer
    slot: str = "v0"

    def __post_init__(self) -> None:
        self.video = self.peer.video[self.slot]
        self.since = len(self.video.frames)

    def assert_missed_nothing(self) -> None:
        frames = self.video.frames[self.since - 1 :]
        numbers = [frame.number for frame in frames]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "a frame is missing"
        assert len(numbers) > 25
        assert self.video.stats.expected == self.video.stats.packets
        assert (self.video.given_up, self.video.undecodable) == (0, 0)


def others_than(world: TwoRooms, step: Step) -> list[Watched]:
    """Viewers that the step's victim has nothing to do with."""
    shares_a_camera = step.victim == "b" and step.provoke is not newcomer
    return [Watched(world.y), Watched(world.c)] if shares_a_camera else [Watched(world.y)]


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_an_exception_ends_the_transport_at_fault_and_nobody_else_misses_a_packet(
    rooms: TwoRooms, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, step: Step
) -> None:
    victim = rooms.peers[step.victim]
    others = others_than(rooms, step)
    inject(monkeypatch, step, victim)
    with caplog.at_level(logging.ERROR):
        step.provoke(rooms)
        rooms.run(3.0)
    for other in others:
        other.assert_missed_nothing()
    assert_clean(rooms)
    failures = {reason: count for reason, count in rooms.relay.drops.items() if reason.startswith("exception_")}
    assert failures, "the exception was not counted"
    assert len([record for record in caplog.records if record.exc_info]) <= 2, "logged more than once"
    assert any("injected into" in str(record.exc_info) for record in caplog.records)
    alive = [peer.name for peer in rooms.peers.values() if peer.transport in rooms.relay.transports]
    if step.closes:
        assert victim.transport.state is State.CLOSED
        assert victim.transport.close_reason == FAILED
        assert victim.endpoint.closed, "the client is not told"
        assert alive == [name for name in rooms.peers if name != step.victim]
    else:
        assert alive == list(rooms.peers)
    assert {rooms.peers[name].transport.state for name in alive} <= {State.CONNECTED, State.LOST}
    monkeypatch.undo()
    rooms.run(1.0)
    assert Watched(rooms.y).video.longest_freeze(rooms.now - 1.0, rooms.now) < 0.3


def test_an_exception_in_a_handshake_ends_only_that_one(rooms: TwoRooms, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [Watched(rooms.c), Watched(rooms.y)]
    newcomer_ = rooms.join("z")
    inject(monkeypatch, Step(Transport, "receive_dtls", "z"), newcomer_)
    rooms.run(4.0)
    for other in others:
        other.assert_missed_nothing()
    assert_clean(rooms)
    assert newcomer_.transport.close_reason == FAILED
    assert len(rooms.relay.transports) == 5


def test_what_a_stranger_can_forge_ends_nobody(
    rooms: TwoRooms, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """DTLS from a participant's address and STUN from any, where reading them raises."""

    def user_untrusted(datagram: bytes) -> str:
        raise ZeroDivisionError

    inject(monkeypatch, Step(Transport, "receive_dtls", "b"), rooms.b)
    monkeypatch.setattr("sfu.relay.stun.user_untrusted", user_untrusted)
    others = [Watched(rooms.b), Watched(rooms.c), Watched(rooms.y)]
    with caplog.at_level(logging.ERROR):
        for _ in range(300):
            rooms.deliver(bytes((22,)) + bytes(50), rooms.b.address)
            rooms.deliver(bytes(20), ("203.0.113.9", 9))
            rooms.run(0.01)
    for other in others:
        other.assert_missed_nothing()
    assert_clean(rooms)
    assert len(rooms.relay.transports) == 5
    assert rooms.relay.drops["exception_receive_datagram"] >= 600
    assert len(caplog.records) == 2, "each kind is logged once in a minute"


def test_a_send_that_raises_ends_only_its_destination(rooms: TwoRooms, monkeypatch: pytest.MonkeyPatch) -> None:
    original = TwoRooms._send
    address = rooms.b.address

    def send(self: TwoRooms, data: memoryview, segment: int, to: Any) -> None:
        if to == address:
            raise ZeroDivisionError
        original(self, data, segment, to)

    monkeypatch.setattr(TwoRooms, "_send", send)
    others = [Watched(rooms.c), Watched(rooms.y)]
    rooms.run(4.0)
    for other in others:
        other.assert_missed_nothing()
    assert_clean(rooms)
    assert rooms.b.transport.close_reason == FAILED
    assert len(rooms.relay.transports) == 4


def test_closing_goes_on_where_a_part_of_it_raises(rooms: TwoRooms, monkeypatch: pytest.MonkeyPatch) -> None:
    for owner in (MediaSender, MediaReceiver):
        original = owner.close

        def close(self: Any, original: Callable[[Any], None] = original) -> None:
            original(self)
            raise ZeroDivisionError

        monkeypatch.setattr(owner, "close", close)
    others = [Watched(rooms.c), Watched(rooms.y)]
    rooms.relay.remove(rooms.b.transport, "left")
    rooms.run(4.0)
    for other in others:
        other.assert_missed_nothing()
    assert_clean(rooms)
    assert rooms.b.endpoint.closed
    assert rooms.relay.drops["exception_close_transport"] == 2


def test_an_arena_is_empty_after_a_send_that_raised() -> None:
    arena = Arena()
    arena.added([(0, 10, 10)], 10)

    def send(*_: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        arena.flush(send, ("192.0.2.1", 1))
    assert (arena.position, list(arena.runs)) == (0, [])
