"""How packets are put together for the kernel; everything else of the relay is in `tests/sim`."""

import pytest

from sfu.arena import MAX_BYTES, MAX_SEGMENTS
from tests.unit.sfu.rig import AUDIO, AUDIO_SLOT, Rig, content


def test_a_burst_of_packets_of_nearly_one_size_goes_out_in_one_send() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=True, parts=1))
    rig.flush()
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 2, 1, 0, key=True, parts=1))
    rig.flush()
    client.sends.clear()
    for part in range(6):
        rig.deliver(rig.video_packet(0, 3 + part, 2, part, key=False, parts=6))
    rig.flush()
    assert len(client.sends) <= 2
    assert [content(sent).part for sent in client.got[-6:]] == list(range(6))


@pytest.mark.parametrize(
    "sizes", [[1100] * 64, [1, 1200] * 32, list(range(1, 65)), list(range(64, 0, -1)), [1300] * 64]
)
def test_a_whole_drain_is_sent_within_the_kernel_s_limits(sizes: list[int]) -> None:
    rig = Rig()
    client, _ = rig.viewer()
    rig.publish(111, 1, 0, 5, b"first", {1: AUDIO.encode()})
    rig.flush()
    (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    client.transport.sender.slots[AUDIO_SLOT].forwarder.set_target(encoding)
    for round_ in range(3):
        for number, size in enumerate(sizes):
            rig.publish(111, 2 + 64 * round_ + number, 960 * number, 5, bytes((number,)) * size)
        rig.flush()
    assert [len(sent.payload) for sent in client.got] == sizes * 3
    assert [sent.payload[0] for sent in client.got] == list(range(64)) * 3
    for size, segment in client.sends:
        assert size <= MAX_BYTES + 1500
        assert -(-size // segment) <= MAX_SEGMENTS


def test_several_streams_for_one_viewer_stay_whole_in_one_arena() -> None:
    rig = Rig()
    viewers = [rig.viewer() for _ in range(5)]
    for layer in range(3):
        rig.deliver(rig.video_packet(layer, 1, 0, 0, key=True, parts=1))
    rig.flush()
    for index, (_, slot) in enumerate(viewers):
        slot.forwarder.set_target(rig.encoding(index % 3))
    for frame in range(1, 20):
        for layer in range(3):
            for part in range(3):
                rig.deliver(rig.video_packet(layer, 3 * frame + part - 1, frame, part, key=frame == 1, parts=3))
        rig.flush()
    for index, (client, _) in enumerate(viewers):
        assert [tuple(content(sent))[1:4] for sent in client.got] == [
            (index % 3, frame, part) for frame in range(1, 20) for part in range(3)
        ]


def test_the_relay_counts_why_it_dropped_what() -> None:
    rig = Rig()
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=True, parts=1))
    for expected, datagram in (
        ("not authentic", bytes((0x80, 96)) + bytes(60)),
        ("too short for media", bytes((0x80, 96))),
        ("unknown protocol", b"\x40" + bytes(50)),
        ("not STUN", b"\x00" + bytes(50)),
    ):
        before = rig.relay.drops[expected]
        rig.deliver(datagram)
        assert rig.relay.drops[expected] == before + 1
