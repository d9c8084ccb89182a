"""Paths that change or end: ICE restart, NAT rebinding, silence, goodbye."""

import gc

import pytest

from sfu.secure.ice_lite import Credentials
from sfu.transport import State, Transport
from sfu.wire import rtcp
from tests.sim.conftest import MakeWorld
from tests.sim.network import RELAY_ADDRESS, Link, World
from tests.sim.peer import Peer
from tests.thorough import choose


def watching_each_other(make_world: MakeWorld, seed: int, link: Link | None = None) -> tuple[World, Peer, Peer]:
    world = make_world(seed, link)
    a, b = world.join("a"), world.join("b")
    world.connect()
    world.show(a, "v0", "b.camera")
    world.show(b, "v0", "a.camera")
    world.run(2.0)
    return world, a, b


def slow_down(*peers: Peer) -> None:
    """Two frames a second: where only time counts, more cost time."""
    for peer in peers:
        for camera in peer.cameras:
            camera.interval = 0.5


def transports_alive() -> int:
    gc.collect()
    return sum(isinstance(each, Transport) for each in gc.get_objects())


def state_of(peer: Peer) -> State:
    return peer.transport.state


def restart_ice(world: World, peer: Peer) -> None:
    """What an offer with new credentials and its answer do."""
    peer.endpoint.local = Credentials.generate()
    world.relay.restart_ice(peer.transport, peer.endpoint.local)
    peer.endpoint.restart(peer.transport.ice.local, RELAY_ADDRESS, world.now)


@pytest.mark.parametrize("seed", choose([1], [1, 2]))
def test_an_ice_restart_to_a_new_address_keeps_media_and_keys(make_world: MakeWorld, seed: int) -> None:
    world, a, b = watching_each_other(make_world, seed, Link(loss=0.03, jitter=0.02))
    srtp = a.transport.outgoing_srtp
    for port in (50_001, 50_002):
        old = a.address
        a.address = ("203.0.113.7", port)
        restart_ice(world, a)
        moved = world.now
        world.run(5.0)
        assert a.transport.outgoing_srtp is srtp
        assert a.transport.ice.address == a.address
        assert a.video["v0"].longest_freeze(moved, world.now) < 3.0
        assert b.video["v0"].longest_freeze(moved, world.now) < 3.0
        sent = world.sent_to[old]
        world.run(1.0)
        assert world.sent_to[old] == sent
    assert len(world.relay._transports) == 2


def test_old_credentials_stop_working_once_new_ones_are_in_use(make_world: MakeWorld) -> None:
    world, a, _ = watching_each_other(make_world, 3)
    old = a.transport.ice.local
    restart_ice(world, a)
    world.run(0.5)
    assert a.transport.ice.ufrags == [a.transport.ice.local.ufrag]
    assert old.ufrag not in world.relay._transports


@pytest.mark.parametrize("phase", choose([0.0, 1.4], [0.0, 0.5, 1.0, 1.4]))
def test_media_is_back_two_seconds_after_a_nat_gave_another_port(make_world: MakeWorld, phase: float) -> None:
    world, a, b = watching_each_other(make_world, 4)
    world.run(phase)
    a.address = (a.address[0], 61_000)
    rebound = world.now
    world.run(6.0)
    assert a.transport.ice.address == a.address
    assert a.video["v0"].longest_freeze(rebound, rebound + 6.0) <= 2.0
    assert b.video["v0"].longest_freeze(rebound, rebound + 6.0) <= 2.0
    assert state_of(a) is State.CONNECTED


def checks_like_firefox(peer: Peer, interval: float = 6.0) -> None:
    """Nominates once, and then checks every 4 to 6 seconds."""
    peer.endpoint.renominates = False
    peer.endpoint.check_interval = interval


@pytest.mark.parametrize("phase", choose([1.9, 2.1, 5.9], [0.0, 0.4, 1.9, 2.1, 4.0, 5.9]))
def test_a_client_that_never_nominates_again_is_back_within_seven_seconds(make_world: MakeWorld, phase: float) -> None:
    world, a, b = watching_each_other(make_world, 13)
    checks_like_firefox(a)
    world.run(6.0 + phase)
    old, a.address = a.address, (a.address[0], 61_000)
    rebound = world.now
    world.run_until(lambda: a.transport.ice.address == a.address, limit=6.5)
    world.run(1.5)
    assert a.video["v0"].longest_freeze(rebound, rebound + 7.0) <= 7.0
    assert a.video["v0"].frames[-1].at > world.now - 0.5
    assert b.video["v0"].frames[-1].at > world.now - 0.5
    sent = world.sent_to[old]
    world.run(2.0)
    assert world.sent_to[old] == sent
    assert state_of(a) is State.CONNECTED


def test_it_moves_without_another_packet_once_the_old_address_has_been_silent(make_world: MakeWorld) -> None:
    """The check came half a second after the port had changed: it is not the next one that moves the address."""
    world, a, _ = watching_each_other(make_world, 14)
    checks_like_firefox(a, 5.0)
    world.run(4.6 - (world.now - a.transport.ice.last_check) % 5.0)
    a.address = (a.address[0], 61_000)
    took = world.run_until(lambda: a.transport.ice.address == a.address, limit=3.0)
    assert took >= 1.9


def test_a_second_address_that_is_checked_too_takes_nothing_from_the_one_in_use(make_world: MakeWorld) -> None:
    world, a, _ = watching_each_other(make_world, 15)
    checks_like_firefox(a, 1.0)
    world.run(2.0)
    other = ("203.0.113.9", 1)
    world.captured = []
    world.run(1.5)
    checks = [data for data, address in world.captured if address == a.address and data[0] < 4]
    media = [data for data, address in world.captured if address == a.address and data[0] >= 128]
    assert checks
    for data in checks:
        world.deliver(data, other)
    world.flush()
    for _ in range(30):
        for data in media:  # replayed, so not authentic
            world.deliver(data, other)
        world.flush()
        world.run(0.1)
    assert a.transport.ice.address == a.address
    assert world.relay._elsewhere == {other: a.transport}


def test_media_alone_moves_nothing(make_world: MakeWorld) -> None:
    """Authentic packets from an address that has passed no check: somebody may have kept them back."""
    world, a, b = watching_each_other(make_world, 16)
    a.silent = True
    attacker = ("203.0.113.66", 6666)
    for _ in range(80):
        a.tick(world.now)
        for datagram in a.endpoint.outgoing:
            if datagram[0] >= 128:
                world.deliver(datagram, attacker)
        a.endpoint.outgoing.clear()
        world.run(0.05)
    assert a.transport.ice.address == a.address
    assert world.sent_to[attacker] == 0
    assert attacker not in {**world.relay._by_address, **world.relay._elsewhere}
    assert state_of(b) is State.CONNECTED


def test_a_port_that_fell_free_goes_to_the_next_one_behind_the_same_nat(make_world: MakeWorld) -> None:
    world, a, b = watching_each_other(make_world, 17)
    old = a.address
    a.address = (old[0], 61_000)
    world.run(8.0)
    b.address = old
    world.run(8.0)
    assert a.transport.ice.address == a.address
    assert b.transport.ice.address == old
    assert a.video["v0"].frames[-1].at > world.now - 1.0
    assert b.video["v0"].frames[-1].at > world.now - 1.0


def test_a_silent_client_is_lost_within_6_s_and_comes_back(make_world: MakeWorld) -> None:
    world, a, b = watching_each_other(make_world, 5)
    a.silent = True
    took = world.run_until(lambda: state_of(a) is State.LOST, limit=6.2)
    assert took >= 5.5
    a.silent = False
    took = world.run_until(lambda: state_of(a) is State.CONNECTED, limit=2.0)
    back = world.now
    world.run(2.0)
    assert a.video["v0"].frames[-1].at > back
    assert b.video["v0"].frames[-1].at > back


def test_checks_without_media_are_no_connection(make_world: MakeWorld) -> None:
    """A browser whose DTLS is gone goes on checking for ever."""
    world, a, b = watching_each_other(make_world, 18)
    slow_down(a, b)
    send_rtp, send_rtcp = a.endpoint.send_rtp, a.endpoint.send_rtcp
    a.endpoint.send_rtp = a.endpoint.send_rtcp = lambda packet: None  # type: ignore[method-assign]
    took = world.run_until(lambda: state_of(a) is State.LOST, limit=15.2)
    assert took >= 14.5
    world.run(10.0)
    assert (state_of(a), state_of(b)) == (State.LOST, State.CONNECTED)
    a.endpoint.send_rtp, a.endpoint.send_rtcp = send_rtp, send_rtcp  # type: ignore[method-assign]
    world.run_until(lambda: state_of(a) is State.CONNECTED, limit=1.2)


def test_who_only_reports_now_and_then_stays_connected(make_world: MakeWorld) -> None:
    world, a, b = watching_each_other(make_world, 19)
    slow_down(a, b)
    reports = a.endpoint.send_rtcp
    a.endpoint.send_rtp = lambda packet: None  # type: ignore[method-assign]
    a.endpoint.send_rtcp = lambda packet: None  # type: ignore[method-assign]
    for _ in range(6):
        world.run(7.5)
        reports(rtcp.build_receiver_report(rtcp.ReceiverReport(1, ())))
        assert state_of(a) is State.CONNECTED


def test_sending_stops_30_s_after_the_last_check(make_world: MakeWorld) -> None:
    world, a, b = watching_each_other(make_world, 6)
    a.silent = True
    slow_down(b)
    silent_since = world.now
    world.run(29.0 - 1.5)
    sent = world.sent_to[a.address]
    world.run(0.3)
    assert world.sent_to[a.address] > sent
    world.run_until(lambda: state_of(a) is State.CLOSED, limit=2.5)
    assert world.now - silent_since <= 30.1
    assert a.transport.close_reason == "consent expired"
    sent = world.sent_to[a.address]
    world.run(3.0)
    assert world.sent_to[a.address] <= sent + 1
    assert world.relay.transports == [b.transport]
    assert list(world.relay._by_address.values()) == [b.transport]
    assert state_of(b) is State.CONNECTED


def test_silence_means_lost_also_while_others_hear_nothing_of_it(make_world: MakeWorld) -> None:
    world, a, b = watching_each_other(make_world, 7)
    a.up.cut = True
    world.run(7.0)
    assert state_of(a) is State.LOST
    assert state_of(b) is State.CONNECTED
    a.up.cut = False
    world.run(2.0)
    assert state_of(a) is State.CONNECTED
    assert b.video["v0"].frames[-1].at > world.now - 1.0


def test_a_client_that_says_goodbye_is_gone_at_once(make_world: MakeWorld) -> None:
    world, a, b = watching_each_other(make_world, 8)
    a.endpoint.close()
    world.carry_up(a)
    world.run(0.1)
    assert state_of(a) is State.CLOSED
    assert a.transport.close_reason == "closed by the other side"
    assert world.relay.transports == [b.transport]
    count = len(b.video["v0"].frames)
    world.run(1.0)
    assert len(b.video["v0"].frames) == count


def test_who_is_taken_out_is_told(make_world: MakeWorld) -> None:
    world, a, _ = watching_each_other(make_world, 9)
    world.router.leave("a")
    world.relay.remove(a.transport, "removed")
    world.reconcile()
    world.run(0.2)
    assert a.endpoint.closed


def test_a_transport_that_never_connects_is_forgotten(make_world: MakeWorld) -> None:
    world = make_world(10)
    peer = world.join("a")
    peer.up.cut = True
    world.run(29.0)
    assert state_of(peer) is State.CONNECTING
    world.run(1.5)
    assert state_of(peer) is State.CLOSED
    assert (world.relay.transports, world.relay._by_address, world.relay._elsewhere) == ([], {}, {})


def test_a_handshake_that_never_ends_is_given_up_after_10_s(make_world: MakeWorld) -> None:
    world = make_world(11)
    peer = world.join("a")
    world.run(0.075)
    assert peer.transport.dtls.timeout() is not None
    peer.silent = True
    world.run(9.8)
    assert state_of(peer) is State.CONNECTING
    world.run(0.4)
    assert state_of(peer) is State.CLOSED
    assert "timed out" in peer.transport.close_reason
    assert world.relay.transports == []


def test_hundreds_come_and_go_and_leave_nothing(make_world: MakeWorld) -> None:
    world = make_world(12)
    stays = world.join("stays")
    world.connect()
    before = transports_alive()
    for round_ in range(30):
        peer = world.join(f"p{round_}")
        world.run(0.2)
        assert peer.endpoint.connected
        world.show(peer, "v0", "stays.camera")
        world.run(0.1)
        world.leave(peer)
        del world.peers[peer.name]
    del peer
    slow_down(stays)
    world.run(31.0)
    relay = world.relay
    assert relay.transports == [stays.transport]
    assert list(relay._by_address) == [stays.address]
    assert transports_alive() == before
    assert not any(encoding.wanted for encoding in stays.transport.receiver.encodings())
