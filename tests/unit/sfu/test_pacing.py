"""A relay that spreads what it sends to one viewer."""

from collections import Counter

import pytest

from sfu.egress import MOST_PACED, Departures, Egress
from sfu.path.forwarder import Forwarder
from sfu.slot import Slot
from sfu.wire.rtcp import Nack
from sfu.wire.rtp import RtpHeader
from tests.unit.sfu.rig import AUDIO, AUDIO_SLOT, Client, Rig, content, layer_of

RATE = 80_000
"""Bits per second: ten milliseconds for a packet."""


def watching(rig: Rig) -> tuple[Client, Slot]:
    """A viewer who sees the lowest encoding and hears the publisher."""
    client, slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 0, 0, 0, key=True, parts=1))
    rig.publish(111, 0, 0, 5, b"sound", {1: AUDIO.encode()})
    rig.flush()
    (sound,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    slot.forwarder.set_target(rig.encoding(0))
    client.transport.sender.slots[AUDIO_SLOT].forwarder.set_target(sound)
    rig.deliver(rig.video_packet(0, 1, 1, 0, key=True, parts=1))
    rig.publish(111, 1, 960, 5, b"sound", {})
    rig.flush()
    client.got.clear()
    return client, slot


def send(rig: Rig, layer: int, seq: int, frame: int, parts: int) -> None:
    """Receive a keyframe, and forward what may leave."""
    for part in range(parts):
        rig.deliver(rig.video_packet(layer, seq + part, frame, part, key=True, parts=parts))
    rig.flush()


def wait(rig: Rig, seconds: float) -> None:
    """Let time pass."""
    end = rig.now + seconds
    while (due := rig.relay.timeout()) is not None and due <= end:
        rig.now = max(rig.now, due)
        rig.relay.poll(rig.now)
        rig.flush()
    rig.now = end


def numbers(client: Client) -> list[int]:
    """The transport-wide numbers of all that came, in order of arrival."""
    return [int.from_bytes(sent.header.extensions[7]) for sent in client.got]


def test_a_keyframe_leaves_over_time_whole_and_in_order() -> None:
    rig = Rig()
    client, slot = watching(rig)
    client.transport.egress.pace(RATE)
    first = client.transport.egress.wide_seq + 1
    send(rig, 0, 2, 2, 20)
    assert 0 < len(client.got) < 4
    wait(rig, 0.08)
    assert 4 < len(client.got) < 15
    wait(rig, 0.5)
    assert [content(sent).part for sent in client.got] == list(range(20))
    assert numbers(client) == [(first + number) & 0xFFFF for number in range(20)]
    departures = [entry[3] for entry in client.transport.egress.record._entries]
    assert departures[-1] - departures[0] > 0.1
    assert slot.forwarder.packets == 21


def test_packets_that_wait_stay_what_they_are_whatever_comes_after_them() -> None:
    rig = Rig()
    client, slot = watching(rig)
    client.transport.egress.pace(RATE)
    send(rig, 0, 2, 2, 20)
    slot.forwarder.munger.pause()  # the viewer itself needn't get the others
    segment = slot.forwarder._last_segment
    for number in range(600):  # more than the cache holds
        rig.deliver(rig.video_packet(0, 22 + number, 3 + number, 0, key=False, parts=1))
        rig.publisher.transport.receiver.dirty.clear()
    rig.encoding(0).pending.clear()
    slot.forwarder.munger.segment = segment
    wait(rig, 0.5)
    assert [content(sent)[2:] for sent in client.got] == [(2, part, 20) for part in range(20)]


def test_sound_goes_first() -> None:
    rig = Rig()
    client, _ = watching(rig)
    client.transport.egress.pace(RATE)
    send(rig, 0, 2, 2, 20)
    client.got.clear()
    rig.publish(111, 2, 1920, 5, b"sound", {})
    rig.flush()
    assert client.got[0].payload == b"sound"
    assert len(client.got) == 1


def test_what_is_asked_for_again_goes_before_other_video() -> None:
    rig = Rig()
    client, slot = watching(rig)
    client.transport.egress.pace(RATE)
    lost = slot.forwarder.munger.last_seq & 0xFFFF
    send(rig, 0, 2, 2, 20)
    client.got.clear()
    client.transport.sender.receive_nacks([Nack(1, slot.forwarder.ssrc, (lost,))], rig.now)
    rig.flush()
    wait(rig, 0.02)
    assert client.got[0].header.ssrc == slot.forwarder.rtx_ssrc
    wait(rig, 0.5)
    seen = numbers(client)
    assert seen == [(seen[0] + number) & 0xFFFF for number in range(len(seen))]
    assert [sent.header.ssrc for sent in client.got].count(slot.forwarder.rtx_ssrc) == 1


def test_another_encoding_replaces_what_waits() -> None:
    rig = Rig()
    client, slot = watching(rig)
    client.transport.egress.pace(RATE)
    rig.deliver(rig.video_packet(1, 100, 1, 0, key=True, parts=1))
    rig.flush()
    send(rig, 0, 2, 2, 20)
    lost = slot.forwarder.munger.last_seq & 0xFFFF
    client.transport.sender.receive_nacks([Nack(1, slot.forwarder.ssrc, (lost,))], rig.now)
    slot.forwarder.set_target(rig.encoding(1))
    before = len(client.got)
    send(rig, 1, 101, 2, 3)
    wait(rig, 0.5)
    assert before < 4
    assert [content(sent).layer for sent in client.got[before:]] == [1] * 3
    seqs = [sent.header.seq for sent in client.got]
    assert seqs == [(seqs[0] + number) & 0xFFFF for number in range(len(seqs))]
    assert layer_of(rig.encoding(1).rid) == 1


def test_once_it_is_not_needed_all_leaves_and_the_usual_way_goes_on() -> None:
    rig = Rig()
    client, _ = watching(rig)
    egress = client.transport.egress
    usual = egress.departures
    egress.pace(RATE)
    assert egress.departures is not usual
    send(rig, 0, 2, 2, 20)
    egress.pace(None)
    assert egress.pacer is not None
    wait(rig, 0.1)
    assert len(client.got) == 20
    assert egress.pacer is None
    assert egress.departures is usual
    send(rig, 0, 22, 3, 20)
    assert len(client.got) == 40
    egress.pace(RATE)
    egress.pace(None)
    assert egress.pacer is None


def test_a_viewer_who_leaves_is_forgotten() -> None:
    rig = Rig()
    client, _ = watching(rig)
    client.transport.egress.pace(RATE)
    send(rig, 0, 2, 2, 20)
    count = len(client.got)
    rig.relay.remove(client.transport, "left")
    wait(rig, 1.0)
    assert len(client.got) == count
    assert client.transport.egress not in rig.relay._pacing._current
    assert client.transport.egress.pacer is None


def test_a_packet_that_cannot_be_written_closes_only_who_is_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    client, _ = watching(rig)
    other, other_slot = rig.viewer()
    other_slot.forwarder.set_target(rig.encoding(0))
    client.transport.egress.pace(RATE)

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Forwarder, "write_some", fail)
    send(rig, 0, 2, 2, 3)
    wait(rig, 0.2)
    assert rig.relay.drops["exception_forward_packets"] > 0
    assert client.transport.close_reason == "internal error"
    assert other_slot.forwarder.packets == 3
    assert other.transport.close_reason == ""


def test_retransmissions_are_read_back_as_what_they_repeat() -> None:
    rig = Rig()
    client, slot = watching(rig)
    client.transport.egress.pace(RATE)
    send(rig, 0, 2, 2, 2)
    wait(rig, 0.1)
    wanted = client.got[0]
    client.transport.sender.receive_nacks([Nack(1, slot.forwarder.ssrc, (wanted.header.seq,))], rig.now)
    rig.flush()
    wait(rig, 0.1)
    again = client.got[-1]
    assert isinstance(again.header, RtpHeader)
    assert again.payload == wanted.header.seq.to_bytes(2) + wanted.payload


def test_only_so_many_viewers_have_a_pacer_at_once() -> None:
    departures = Departures()
    egresses = [Egress(departures, Counter()) for _ in range(MOST_PACED + 3)]
    for egress in egresses:
        egress.pace(500_000.0)
    assert sum(egress.pacer is not None for egress in egresses) == MOST_PACED
    egresses[0].pace(None)
    egresses[1].drop_pacer()
    for egress in egresses[MOST_PACED:]:
        egress.pace(500_000.0)
    assert [number for number, egress in enumerate(egresses) if egress.pacer is None] == [0, 1, MOST_PACED + 2]
    for egress in egresses:
        egress.pace(None)
    assert departures.paced.viewers == 0
