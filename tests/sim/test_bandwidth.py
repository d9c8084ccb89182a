"""A viewer's estimate in a closed loop with what is sent to it, over a bottleneck."""

import random

import pytest

from sfu.bandwidth.aimd import MAX_BITRATE, MIN_BITRATE
from sfu.bandwidth.downlink import START
from sfu.wire import rtcp
from sfu.wire.rtp import Mid
from tests.sim.downlink import ClosedLoop
from tests.sim.network import Link, World


def test_a_good_link_is_known_within_a_second_of_the_first_packet() -> None:
    loop = ClosedLoop(Link(bandwidth=10e6), wanted=2.5e6)
    assert loop.seconds_until(2.75e6, 2.0) <= 1.0
    loop.run(3.0)
    assert loop.lost == 0
    assert loop.padding < 20_000
    assert loop.delay(0.95) < 0.03


def test_padding_stops_when_all_that_is_wanted_fits() -> None:
    loop = ClosedLoop(Link(bandwidth=10e6), wanted=2.5e6)
    loop.run(3.0)
    before = loop.padding
    loop.run(10.0)
    assert loop.padding == before


def test_a_steady_link_is_filled_without_a_long_queue() -> None:
    loop = ClosedLoop(Link(bandwidth=3e6), wanted=10e6)
    loop.run(10.0)
    loop.media, loop.delays = 0, []
    loop.run(20.0)
    assert loop.media * 8 / 20 > 0.75 * 3e6
    assert loop.delay(0.95) < 0.2
    assert loop.lost == 0


def test_a_drop_is_followed_within_two_seconds_and_a_recovery_within_five() -> None:
    loop = ClosedLoop(Link(bandwidth=5e6), wanted=4e6)
    loop.run(5.0)
    assert loop.downlink.estimate > 4e6
    loop.link.bandwidth = 0.3e6
    loop.run(2.0)
    assert loop.downlink.estimate < 0.6e6
    loop.run(4.0)
    loop.delays, lost = [], loop.lost
    loop.run(6.0)
    assert 0.15e6 < loop.downlink.estimate < 0.4e6
    assert loop.lost - lost < 20
    loop.link.bandwidth = 5e6
    assert loop.seconds_until(4e6, 10.0) <= 5.0


def test_random_loss_of_a_twentieth_costs_no_bandwidth() -> None:
    loop = ClosedLoop(Link(bandwidth=10e6, loss=0.05), wanted=3e6)
    loop.run(10.0)
    for _ in range(5):
        loop.run(1.0)
        assert loop.downlink.estimate > 2.7e6


def test_a_link_that_loses_a_fifth_without_a_queue_keeps_a_picture() -> None:
    loop = ClosedLoop(Link(bandwidth=10e6, loss=0.2, jitter=0.03), wanted=0.5e6)
    loop.run(5.0)
    for _ in range(10):
        loop.run(1.0)
        assert loop.downlink.estimate >= 0.45e6


def test_jitter_of_competing_traffic_is_not_taken_for_a_narrow_link() -> None:
    loop = ClosedLoop(Link(bandwidth=10e6, jitter=0.03), wanted=2e6)
    loop.run(5.0)
    estimates = []
    for _ in range(15):
        loop.run(1.0)
        estimates.append(loop.downlink.estimate)
    assert min(estimates) > 1e6
    assert sorted(estimates)[7] > 2e6


def test_a_viewer_of_a_call_is_probed_by_padding_that_nobody_misses() -> None:
    world = World(3, Link(delay=0.02))
    world.join("ann")
    bob = world.join("bob", publish=())
    world.connect()
    world.show(bob, "v0", "ann.camera", 180)
    start = world.now

    def found() -> bool:
        bob.transport.bandwidth.wish(3_000_000)  # again and again, as the router wishes for no more than it needs
        return bob.transport.bandwidth.estimate >= 3_000_000

    world.run_until(found, 3.0)
    assert world.now - start <= 3.0
    bob.transport.bandwidth.wish(None)
    world.run(2.0)
    padding = bob.transport.bandwidth.probes.sent_octets
    assert 0 < padding < 50_000
    assert padding <= world.relay.totals().padding_bytes < 2 * padding  # whole packets
    assert len(bob.video["v0"].frames) > 10
    assert world.relay.drops["nack_packet_gone"] == 0
    assert bob.transport.egress.record.unknown == 0


@pytest.mark.parametrize(("delay", "jitter"), [(0.02, 0.02), (0.15, 0.03)])
def test_jitter_takes_nothing_from_who_has_bandwidth(delay: float, jitter: float) -> None:
    """Packets that overtake one another were once taken for a queue that grows and grows."""
    world = World(6, Link(delay=delay, jitter=jitter))
    world.join("ann")
    bob = world.join("bob", publish=())
    world.connect()
    world.show(bob, "v0", "ann.camera", 720)
    world.run(2.0)
    for _ in range(6):
        world.run(1.0)
        assert bob.transport.sender.slots[Mid("v0")].limit == 720
        assert bob.video["v0"].frames[-1].at > world.now - 0.4


@pytest.mark.parametrize("lie", ["10 Gbit/s", "1 kbit/s", "packets never sent", "random bytes"])
def test_a_viewer_who_lies_in_feedback_harms_only_itself(lie: str) -> None:
    world = World(4, Link(delay=0.02))
    world.join("ann")
    honest, liar = world.join("bob", publish=()), world.join("eve", publish=())
    world.connect()
    world.show(honest, "v0", "ann.camera", 360)
    world.show(liar, "v0", "ann.camera", 360)
    liar.reports_arrivals = False
    rng, egress = random.Random(6), liar.transport.egress
    told = egress.wide_seq
    for number in range(100):
        world.run(0.05)
        count = (egress.wide_seq - told) & 0xFFFF
        base, told = told + 1 & 0xFFFF, egress.wide_seq
        clock = 4000 * 10 + number * 200
        if lie == "random bytes":
            liar.endpoint.send_rtcp(bytes((0x8F, 205, 0, 9)) + rng.randbytes(36))
            continue
        if lie == "packets never sent":
            base, count = rng.randrange(1 << 16), 300
        arrivals: list[int | None] = [clock] * count
        if lie == "1 kbit/s":
            arrivals = [number * 30_000 + index * 2_000 for index in range(count)]
        if arrivals:
            liar.endpoint.send_rtcp(rtcp.build_transport_feedback(1, 1, base, number & 0xFF, arrivals))
    assert MIN_BITRATE <= liar.transport.bandwidth.estimate <= MAX_BITRATE
    assert honest.transport.bandwidth.estimate >= START * 0.9
    assert len(liar.transport.egress.record) <= 1024
    assert len(honest.video["v0"].frames) > 30
    assert not world.relay.drops["exception_receive_datagram"]
