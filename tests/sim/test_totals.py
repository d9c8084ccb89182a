"""What a relay has received and sent is added up, over streams, slots and people that come and go."""

from dataclasses import astuple

from sfu.totals import Totals
from tests.sim.conftest import MakeWorld
from tests.sim.network import Link


def test_totals_are_what_the_endpoints_have_sent_and_got(make_world: MakeWorld) -> None:
    world = make_world(3)
    sender, viewer = world.join("a"), world.join("b", publish=())
    world.connect()
    world.show(viewer, "v0", "a.camera", 720)
    world.run(2.0)
    world.show(viewer, "v0", "a.camera", 100)  # another layer, which begins with a keyframe
    world.run(2.0)
    totals = world.relay.totals()
    assert totals.received_packets == sum(each.stats.packets for each in sender.transport.receiver.encodings()) > 100
    assert totals.sent_packets == sum(slot.forwarder.packets for slot in viewer.transport.sender.slots.values())
    assert totals.sent_packets > 200
    assert totals.received_bytes > totals.received_packets
    assert totals.sent_bytes > totals.sent_packets
    assert totals.keyframe_requests == len(sender.keyframe_requests) > 0
    assert totals.retransmitted_packets == 0


def test_nothing_is_forgotten_when_people_leave(make_world: MakeWorld) -> None:
    world = make_world(4, Link(loss=0.05))
    sender, viewer = world.join("a"), world.join("b", publish=())
    world.connect()
    world.show(viewer, "v0", "a.camera", 720)
    world.run(4.0)
    before = world.relay.totals()
    assert before.retransmitted_packets > 0
    for peer in (viewer, sender):
        world.relay.remove(peer.transport, "left")
    assert world.relay.transports == []
    assert world.relay.totals() == before


def test_totals_are_added_field_by_field() -> None:
    found = Totals(1, 2, 3, 4, 5, 6, 7, 8, 9)
    found.add(Totals(10, 20, 30, 40, 50, 60, 70, 80, 90))
    assert astuple(found) == (11, 22, 33, 44, 55, 66, 77, 88, 99)
