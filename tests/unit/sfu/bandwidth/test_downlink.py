from sfu.bandwidth.downlink import CALM, LEAST, START, TRIED
from sfu.wire import rtcp
from tests.unit.sfu.rig import SLOT, Client, Rig


def feed_back(rig: Rig, client: Client, base: int, arrivals: list[int | None]) -> None:
    """Report to the relay, as a viewer does."""
    data = client.protect.protect_rtcp(rtcp.build_transport_feedback(1, 1, base & 0xFFFF, 0, arrivals))
    rig.relay.buffer.data[: len(data)] = data
    rig.relay.receive(len(data), client.address, rig.now)


def stream(rig: Rig, seconds: float, delay: float) -> Client:
    """Forward a video to a viewer who reports on all of it; each frame takes `delay` seconds longer than the last."""
    client, slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 0, 0, 0, key=True, parts=1))
    rig.flush()
    slot.forwarder.set_target(rig.encoding(0))
    number, taken, extra = 0, client.transport.egress.wide_seq, 0.0
    arrivals: list[int | None] = []
    end = rig.now + seconds
    while rig.now < end:
        number += 1
        rig.deliver(rig.video_packet(0, number, number, 0, key=number == 1, parts=1))
        rig.flush()
        extra += delay
        arrivals += [round((rig.now + 77 + extra) * 4000)] * ((client.transport.egress.wide_seq - taken) & 0xFFFF)
        taken = client.transport.egress.wide_seq
        if number % 5 == 0 and arrivals:
            feed_back(rig, client, taken - len(arrivals) + 1, arrivals)
            arrivals = []
        rig.now += 0.02
    assert slot.mid == SLOT
    assert number > 20
    return client


def test_before_any_feedback_there_is_a_start_value() -> None:
    rig = Rig()
    client, _ = rig.viewer()
    assert client.transport.bandwidth.estimate == START
    client.transport.bandwidth.wish(2_000_000)
    assert client.transport.bandwidth.estimate == START


def test_a_viewer_whose_packets_come_later_and_later_gets_a_lower_estimate() -> None:
    rig = Rig()
    client = stream(rig, 3.0, 0.01)
    assert 0 < client.transport.bandwidth.estimate < START
    assert len(client.transport.egress.record) <= 5
    assert client.transport.egress.record.unknown == 0


def test_a_viewer_whose_packets_come_in_time_keeps_it() -> None:
    rig = Rig()
    client = stream(rig, 3.0, 0.0)
    assert client.transport.bandwidth.estimate == START
    assert len(client.transport.egress.record) <= 5


def test_what_has_not_been_too_much_for_some_seconds_may_be_tried() -> None:
    """A link that was found to be overused gets little; without that having been seen again, more than sound alone."""
    rig = Rig()
    client = stream(rig, 3.0, 0.01)
    bandwidth = client.transport.bandwidth
    assert bandwidth.estimate < TRIED
    assert LEAST <= bandwidth.usable < TRIED
    record, number = client.transport.egress.record, client.transport.egress.wide_seq
    begun = rig.now
    while bandwidth.usable < TRIED:
        number += 1
        record.add((100,), rig.now)
        feed_back(rig, client, number, [round((rig.now + 77) * 4000)])
        rig.now += 0.1
    assert CALM - 0.5 <= rig.now - begun <= CALM + 2.0  # the last of the queue may count as overuse once more
    assert bandwidth.estimate < TRIED
