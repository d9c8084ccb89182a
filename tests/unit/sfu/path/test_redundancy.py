"""Opus with and without redundancy (RED), changed at any time by the sender, the relay or the viewer."""

import random
from collections.abc import Iterator

import pytest

from sfu.codecs import Codec, red
from sfu.publication import Encoding
from sfu.slot import REDUNDANT_LOSS, REDUNDANT_SECONDS, SPARED_LOSS, Slot
from tests.sim.peer import VIEWER_OPUS
from tests.thorough import choose
from tests.unit.sfu.rig import AUDIO, Client, Rig, Sent

RED, OPUS = 63, 111
VIEWER_RED = Codec("red", 110, 48_000)
FRAME = 960
"""Clock ticks of a packet: 20 ms."""


def sound(number: int) -> bytes:
    return b"sound %d" % number


def redundant(number: int) -> bytes:
    """Two blocks: the sound before, and that sound (RFC 2198, section 3)."""
    before = sound(number - 1)
    return bytes((0x80 | OPUS,)) + (FRAME << 10 | len(before)).to_bytes(3) + bytes((OPUS,)) + before + sound(number)


def send(rig: Rig, number: int, kind: int) -> None:
    payload = redundant(number) if kind == RED else sound(number)
    rig.publish(kind, 65_400 + number, FRAME * number, 5, payload, {1: AUDIO.encode()})


def begun(rig: Rig, *slots: Slot) -> Encoding:
    """Let viewers hear the sound from the second packet on."""
    send(rig, 0, RED)
    rig.flush()
    (encoding,) = rig.publisher.transport.receiver.publications[AUDIO].encodings.values()
    for slot in slots:
        slot.forwarder.set_target(encoding)
    return encoding


def heard(packets: list[Sent], *, repair: bool = False) -> Iterator[tuple[int, bytes]]:
    """Ticks since the first packet, and sound, of each packet; with `repair`, also those of redundant blocks whose own
    packets haven't come.
    """
    known = set[int]()
    for sent in packets:
        timestamp = (sent.header.timestamp - packets[0].header.timestamp) & 0xFFFFFFFF
        payload = sent.payload
        if sent.header.payload_type == VIEWER_RED.payload_type:
            if repair and payload[0] & 0x80 and timestamp - FRAME not in known:
                length = int.from_bytes(payload[1:4]) & 0x3FF
                known.add(timestamp - FRAME)
                yield timestamp - FRAME, payload[5 : 5 + length]
            payload = red.primary(payload)[1]
        else:
            assert sent.header.payload_type == VIEWER_OPUS.payload_type
        known.add(timestamp)
        yield timestamp, payload


def assert_whole(client: Client, count: int) -> None:
    """Every sound came once, in order, in time, under numbers without gaps."""
    found = list(heard(client.got))
    assert [each for _, each in found] == [sound(number) for number in range(1, count)]
    assert [timestamp for timestamp, _ in found] == [FRAME * number for number in range(count - 1)]
    seqs = [sent.header.seq for sent in client.got]
    assert seqs == [(seqs[0] + number) & 0xFFFF for number in range(count - 1)]


@pytest.mark.parametrize("seed", range(choose(6, 20)))
def test_every_sound_comes_once_whoever_changes_between_red_and_opus(seed: int) -> None:
    rng, rig = random.Random(seed), Rig()
    both, plain, other = (
        rig.listener({"opus": VIEWER_OPUS, "red": VIEWER_RED}),
        rig.listener({"opus": VIEWER_OPUS}),
        rig.listener({"opus": VIEWER_OPUS, "red": Codec("red", 110, 48_000, None, "109/109")}),
    )
    begun(rig, both[1], plain[1], other[1])
    kind, count = RED, 600
    for number in range(1, count):
        if rng.random() < 0.1:
            kind = RED + OPUS - kind
        send(rig, number, kind)
        if rng.random() < 0.1:
            both[1].forwarder.spare_redundancy(spare=rng.random() < 0.5)
        if rng.random() < 0.6:
            rig.now += 0.02
            rig.flush()
    rig.flush()
    assert {sent.header.payload_type for sent in both[0].got} == {VIEWER_RED.payload_type, VIEWER_OPUS.payload_type}
    for client, _ in (both, plain, other):
        assert_whole(client, count)
    assert {sent.header.payload_type for sent in plain[0].got} == {VIEWER_OPUS.payload_type}


@pytest.mark.parametrize("seed", range(5))
def test_redundancy_that_begins_late_repairs_single_losses_from_then_on(seed: int) -> None:
    rng, rig = random.Random(seed), Rig()
    client, slot = rig.listener({"opus": VIEWER_OPUS, "red": VIEWER_RED})
    begun(rig, slot)
    slot.forwarder.spare_redundancy(spare=True)
    count, begins = 400, 200
    for number in range(1, count):
        if number == begins:
            slot.forwarder.spare_redundancy(spare=False)
        send(rig, number, RED)
        rig.flush()
    lost = [number for number in range(10, count - 1) if number % 2 and rng.random() < 0.2]
    arrived = [sent for at, sent in enumerate(client.got) if at + 1 not in lost]
    found = [each for _, each in heard(arrived, repair=True)]
    missing = [number for number in lost if number + 1 < begins]
    assert missing
    assert found == [sound(number) for number in range(1, count) if number not in missing]


def test_redundancy_is_sent_at_once_and_left_out_only_after_a_while() -> None:
    rig = Rig()
    client, slot = rig.listener({"opus": VIEWER_OPUS, "red": VIEWER_RED})
    begun(rig, slot)

    def sends_red(number: int, loss: float) -> bool:
        slot.weigh_redundancy(loss, rig.now)
        send(rig, number, RED)
        rig.flush()
        rig.now += 1.0
        return bool(client.got[-1].header.payload_type == VIEWER_RED.payload_type)

    between = (REDUNDANT_LOSS + SPARED_LOSS) / 2
    assert sends_red(1, between), "until it is known that nothing is lost"
    assert not sends_red(2, 0.0)
    assert not sends_red(3, between)
    assert sends_red(4, 0.05)
    calm = [sends_red(number, 0.0) for number in range(5, 25)]
    assert calm == [number < REDUNDANT_SECONDS for number in range(1, 21)]
    assert sends_red(25, 0.05)
    assert all(sends_red(number, between) for number in range(26, 60))
    assert_whole(client, 60)


def test_feedback_tells_of_losses_before_receiver_reports_do() -> None:
    rig = Rig()
    client, slot = rig.listener({"opus": VIEWER_OPUS, "red": VIEWER_RED})
    begun(rig, slot)
    sender = client.transport.sender
    sender.weigh_redundancy(rig.now)
    number, changes = 0, list[tuple[int, bool]]()
    for tenth in range(400):
        for _ in range(5):
            number += 1
            send(rig, number, RED)
        rig.flush()
        rig.now += 0.1
        lost = 1 if 100 <= tenth < 150 and tenth % 2 else 0
        sender.arrival_loss.take((None,) * lost + (0,) * (5 - lost), rig.now)
        sender.weigh_redundancy(rig.now)
        if not changes or changes[-1][1] != slot.forwarder.sends_redundancy:
            changes.append((tenth, slot.forwarder.sends_redundancy))
    assert sender.loss == 0.0, "no report has come"
    assert [sends for _, sends in changes] == [False, True, False]
    assert 100 < changes[1][0] < 115
    assert 240 < changes[2][0] < 320


@pytest.mark.parametrize("turns", [False, True], ids=["in one codec", "in both"])
def test_a_word_is_heard_from_its_beginning_in_red_and_in_opus(*, turns: bool) -> None:
    rig = Rig()
    listeners = [
        rig.listener({"opus": VIEWER_OPUS, "red": VIEWER_RED}),
        rig.listener({"opus": VIEWER_OPUS}),
        rig.listener({"opus": VIEWER_OPUS, "red": VIEWER_RED}),
    ]
    listeners[2][1].forwarder.spare_redundancy(spare=True)
    encoding = begun(rig)
    for number in range(1, 31):
        send(rig, number, OPUS if turns and number % 7 == 0 else RED)
        rig.flush()
        rig.now += 0.02
    voice = encoding.publication.voice
    assert voice is not None
    voice.noticed_at, voice.began_at = rig.now, rig.now - 0.2
    for _, slot in listeners:
        slot.forwarder.set_target(encoding)
    for number in range(31, 40):
        send(rig, number, RED)
        rig.flush()
    for client, _ in listeners:
        found = list(heard(client.got))
        first = next(number for number in range(31) if sound(number) == found[0][1])
        assert first < 22
        assert [each for _, each in found] == [sound(number) for number in range(first, 40)]
        assert [timestamp for timestamp, _ in found] == [FRAME * number for number in range(40 - first)]
    redundant_from = 31 if turns else first
    kinds = [sent.header.payload_type == VIEWER_RED.payload_type for sent in listeners[0][0].got]
    assert kinds == [number >= redundant_from for number in range(first, 40)]
    assert not any(sent.header.payload_type == VIEWER_RED.payload_type for sent in listeners[2][0].got)
