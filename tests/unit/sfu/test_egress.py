from collections import Counter

from sfu.egress import Departures, Egress
from sfu.wire import extensions
from sfu.wire.rtcp import Nack
from sfu.wire.rtp import RtpHeader, Ssrc
from tests.sim.peer import RECEIVE_IDS
from tests.unit.sfu.rig import AUDIO, AUDIO_SLOT, Rig


def wide(header: RtpHeader) -> int:
    return int.from_bytes(header.extensions[RECEIVE_IDS[extensions.TRANSPORT_WIDE]])


def test_all_streams_and_retransmissions_of_a_viewer_share_one_transport_wide_numbering() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 0, 0, 0, key=True, parts=1))
    rig.publish(111, 0, 0, 5, b"sound", {1: AUDIO.encode()})
    rig.flush()
    slot.forwarder.set_target(rig.encoding(0))
    (sound,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    client.transport.sender.slots[AUDIO_SLOT].forwarder.set_target(sound)
    numbers: list[int] = []
    for number in range(1, 6):
        rig.deliver(rig.video_packet(0, number, number, 0, key=number == 1, parts=1))
        rig.publish(111, number, 960 * number, 5, b"sound", {})
        rig.flush()
        numbers += [wide(sent.header) for sent in client.got]
        client.got.clear()
        if number == 3:
            lost = slot.forwarder.munger.last_seq & 0xFFFF
            client.transport.sender.receive_nacks([Nack(1, slot.forwarder.ssrc, (lost,))], rig.now)
            client.transport.flush_control()
            (datagram,) = client.transport.outgoing
            client.transport.outgoing.clear()
            packet = client.unprotect.unprotect(datagram)
            numbers.append(wide(RtpHeader(packet, len(packet))))
    assert numbers == [(numbers[0] + index) & 0xFFFF for index in range(11)]
    assert client.transport.egress.wide_seq == numbers[-1]


def test_what_leaves_in_one_drain_leaves_once() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 0, 0, 0, key=True, parts=1))
    rig.publish(111, 0, 0, 5, b"sound", {1: AUDIO.encode()})
    rig.flush()
    (sound,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    slot.forwarder.set_target(rig.encoding(0))
    client.transport.sender.slots[AUDIO_SLOT].forwarder.set_target(sound)
    rig.deliver(rig.video_packet(0, 1, 1, 0, key=True, parts=1))
    rig.publish(111, 1, 960, 5, b"sound", {})
    rig.relay._distribute_all(rig.now)
    departures = rig.relay._departures
    assert departures.ready == departures.switched == [client.transport.egress]
    assert len(client.transport.egress.batches) == 2
    rig.flush()
    assert (departures.ready, departures.switched, client.transport.egress.batches) == ([], [], [])
    assert rig.relay.changed.count(client.transport) == 1
    assert len(client.got) == 2


def test_a_switch_is_told_once_until_it_is_read() -> None:
    departures = Departures()
    egress = Egress(departures, Counter())
    egress.note_switch(Ssrc(1))
    egress.note_switch(Ssrc(2))
    egress.note_switch(Ssrc(1))
    assert (departures.switched, list(egress.switched)) == ([egress], [1, 2])


def test_nothing_starts_before_there_are_keys() -> None:
    rig = Rig()
    _, slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 0, 0, 0, key=True, parts=1))
    rig.flush()
    srtp, slot.forwarder.egress.srtp = slot.forwarder.egress.srtp, None
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 1, 1, 0, key=True, parts=1))
    rig.flush()
    assert slot.forwarder.current is None
    slot.forwarder.egress.srtp = srtp
    rig.deliver(rig.video_packet(0, 2, 2, 0, key=True, parts=1))
    rig.flush()
    assert slot.forwarder.current is rig.encoding(0)
