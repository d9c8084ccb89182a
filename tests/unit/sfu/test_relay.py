"""How packets are put together for the kernel; everything else of the relay is in `tests/sim`."""

import pytest

from sfu.net.server import DRAIN
from sfu.path.arena import MAX_BYTES, MAX_GSO_SEGMENTS, MAX_LAYOUT, Arena
from sfu.path.batch import MAX_PADDING
from sfu.publication import REPLAY_BYTES, REPLAY_PACKETS
from sfu.relay import AGAIN
from sfu.secure.ice_lite import CONSENT_TIMEOUT
from sfu.secure.srtp import MAX_OVERHEAD
from sfu.transport import State
from sfu.wire import rtcp
from sfu.wire.rtp import MAX_DATAGRAM, Ssrc
from tests.sim.peer import RECEIVE_IDS
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
        assert -(-size // segment) <= MAX_GSO_SEGMENTS


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
        ("srtp_not_authentic", bytes((0x80, 96)) + bytes(60)),
        ("media_too_short", bytes((0x80, 96))),
        ("unknown_protocol", b"\x40" + bytes(50)),
        ("stun_malformed", b"\x00" + bytes(50)),
    ):
        before = rig.relay.drops[expected]
        rig.deliver(datagram)
        assert rig.relay.drops[expected] == before + 1


@pytest.mark.parametrize("size", [100, 1200, 1300])
@pytest.mark.parametrize("count", [1, 50, 99, 126, 127, 128, 150])
@pytest.mark.parametrize("ids", [{}, RECEIVE_IDS], ids=["bare", "extended"])
def test_a_replay_of_any_size_stops_nobody(size: int, count: int, ids: dict[str, int]) -> None:
    rig = Rig()
    steady, steady_slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 1, 0, 0, key=True, parts=1))
    rig.deliver(rig.video_packet(1, 1, 0, 0, key=True, parts=1))
    rig.flush()
    steady_slot.forwarder.set_target(rig.encoding(1))
    rig.deliver(rig.video_packet(1, 2, 1, 0, key=True, parts=1))
    for number in range(count):
        rig.publish(96, 2 + number, 0, 1000, b"\x00" + b"x" * (size - 1))
        rig.flush()
    newcomer, slot = rig.viewer(ids)
    slot.forwarder.set_target(rig.encoding(0))
    for frame in range(2, 5):
        rig.publish(96, count + frame, 0, 1000, b"\x00" + b"y" * (size - 1))
        rig.deliver(rig.video_packet(1, 1 + frame, frame, 0, key=False, parts=1))
        rig.flush()
    assert [content(sent).frame for sent in steady.got] == [1, 2, 3, 4]
    replayed = count + 1 <= REPLAY_PACKETS and count * size <= REPLAY_BYTES
    assert len(newcomer.got) == (count + 4 if replayed else 0)
    assert not [reason for reason in rig.relay.drops if reason.startswith("exception")]
    assert rig.relay._arena.position == 0


@pytest.mark.parametrize("count", [1, 2, 60, 200])
def test_a_batch_that_the_arena_can_t_take_at_once_is_written_in_parts(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr("sfu.path.batch.MAX_LAYOUT", 20_000)
    rig = Rig()
    client, _ = rig.viewer()
    rig.publish(111, 1, 0, 5, b"first", {1: AUDIO.encode()})
    rig.flush()
    (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    client.transport.sender.slots[AUDIO_SLOT].forwarder.set_target(encoding)
    for number in range(count):
        rig.publish(111, 2 + number, 960 * number, 5, bytes((number,)) * 1300)
    rig.flush()
    assert [sent.payload[0] for sent in client.got] == list(range(count))
    first = client.got[0].header.seq
    assert [sent.header.seq for sent in client.got] == list(range(first, first + count))


def test_the_largest_packets_of_a_drain_and_of_a_replay_fit_the_arena() -> None:
    growth = 100
    """Of a payload by headers, every extension, and encryption."""
    assert max(DRAIN, REPLAY_PACKETS) * (MAX_DATAGRAM + MAX_PADDING + growth) <= MAX_LAYOUT
    assert Arena().buffer.size >= MAX_LAYOUT + MAX_OVERHEAD


def test_what_waits_unread_is_not_silence() -> None:
    """A server that is behind for a minute ends nobody's call, and isn't kept busy by those it can't judge."""
    rig = Rig()
    client, _ = rig.viewer()
    transport, relay = client.transport, rig.relay
    relay.heard_until = heard = rig.now
    states = []
    for step in range(600):
        relay.poll(rig.now + step / 10)
        following = relay.timeout()
        assert following is None or following > rig.now + step / 10
        states.append(transport.state)
    assert set(states) == {State.CONNECTED}
    # Some of it is read; until then there was nothing from this client.
    relay.heard_until = heard + CONSENT_TIMEOUT - 1
    relay.poll(rig.now + 60.0)
    states.append(transport.state)
    relay.heard_until = heard + CONSENT_TIMEOUT + 1
    relay.poll(rig.now + 60.0 + AGAIN)
    assert [states[-1], transport.state] == [State.LOST, State.CLOSED]


def test_a_relay_that_cannot_keep_up_neither_repeats_packets_nor_asks_for_them() -> None:
    rig = Rig()
    client, slot = rig.viewer()
    rig.deliver(rig.video_packet(0, 0, 0, 0, key=True, parts=1))
    rig.flush()
    slot.forwarder.set_target(rig.encoding(0))
    rig.deliver(rig.video_packet(0, 1, 1, 0, key=True, parts=1))
    rig.flush()
    nack = rtcp.build_nack(Ssrc(1), slot.forwarder.ssrc, [slot.forwarder.munger.last_seq & 0xFFFF])

    def ask() -> int:
        data = client.protect.protect_rtcp(nack)
        rig.relay.buffer.data[: len(data)] = data
        rig.relay.receive(len(data), client.address, rig.now)
        rig.flush()
        return client.transport.sender.retransmitted

    assert ask() == 1
    rig.relay.governor.update(rig.now, 1.0)
    assert ask() == 1
    assert rig.relay.drops["nack_overload"] == 1
    rig.relay.governor.update(rig.now, 0.0)
    rig.now += 1.0
    assert ask() == 2
