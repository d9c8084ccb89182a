import random

import pytest

from sfu.feedback.transport_feedback import INTERVAL, MAX_AT_ONCE, TransportFeedbackGenerator
from sfu.wire import rtcp
from sfu.wire.rtcp import TransportFeedback


def read(packets: list[bytes]) -> dict[int, int]:
    """Arrivals by number, as a sender understands them."""
    found: dict[int, int] = {}
    for packet in packets:
        assert len(packet) < 1200
        (feedback,) = rtcp.parse(packet)
        assert isinstance(feedback, TransportFeedback)
        for offset, arrival in enumerate(feedback.arrivals):
            if arrival is not None:
                found[(feedback.base_seq + offset) & 0xFFFF] = arrival
    return found


def test_feedback_is_due_after_the_first_arrival_only() -> None:
    generator = TransportFeedbackGenerator()
    assert generator.due is None
    generator.received(1, 10.0)
    generator.received(2, 10.04)
    assert generator.due == 10.0 + INTERVAL
    assert read(generator.build(1, 2)) == {1: 40_000, 2: 40_160}
    assert generator.due is None
    assert generator.build(1, 2) == []


def test_numbers_wrap_and_lost_ones_are_told_as_lost() -> None:
    generator = TransportFeedbackGenerator()
    for seq in (65_534, 65_535, 1):
        generator.received(seq, 1.0)
    (packet,) = generator.build(1, 2)
    assert rtcp.parse(packet) == [TransportFeedback(1, 2, 65_534, 0, (4000, 4000, None, 4000))]


def test_what_was_lost_between_two_feedbacks_is_told_in_the_second() -> None:
    generator = TransportFeedbackGenerator()
    generator.received(1, 1.0)
    generator.build(1, 2)
    generator.received(4, 1.1)
    (packet,) = generator.build(1, 2)
    assert rtcp.parse(packet) == [TransportFeedback(1, 2, 2, 1, (None, None, 4400))]


def test_a_late_packet_is_told_after_all() -> None:
    generator = TransportFeedbackGenerator()
    for seq in (1, 2, 4):
        generator.received(seq, 1.0)
    generator.build(1, 2)
    generator.received(3, 1.1)
    assert read(generator.build(1, 2))[3] == 4400


def test_a_number_that_comes_twice_is_told_once() -> None:
    generator = TransportFeedbackGenerator()
    generator.received(5, 1.0)
    generator.received(5, 1.01)
    assert read(generator.build(1, 2)) == {5: 4000}


def test_the_count_of_feedback_packets_wraps() -> None:
    generator = TransportFeedbackGenerator()
    counts = []
    for seq in range(300):
        generator.received(seq, seq / 100)
        (feedback,) = rtcp.parse(generator.build(1, 2)[0])
        assert isinstance(feedback, TransportFeedback)
        counts.append(feedback.feedback_count)
    assert counts == [number & 0xFF for number in range(300)]


def test_pauses_longer_than_a_delta_can_say_make_several_packets() -> None:
    generator = TransportFeedbackGenerator()
    for seq, now in ((1, 1.0), (2, 10.0), (3, 10.1), (4, 30.0)):
        generator.received(seq, now)
    packets = generator.build(1, 2)
    assert len(packets) == 3
    assert read(packets) == {1: 4000, 2: 40_000, 3: 40_400, 4: 120_000}


@pytest.mark.parametrize("seed", range(10))
def test_all_that_arrives_is_told_whatever_the_order(seed: int) -> None:
    rng = random.Random(seed)
    generator = TransportFeedbackGenerator()
    expected: dict[int, int] = {}
    told: dict[int, int] = {}
    now, next_seq = 100.0, rng.randrange(65_536)
    for _ in range(60):
        numbers = [(next_seq + offset) & 0xFFFF for offset in range(rng.randrange(1, 300))]
        next_seq += len(numbers)
        kept = [seq for seq in numbers if rng.random() > 0.2]
        for index in range(len(kept) - 3):
            if rng.random() < 0.1:
                kept[index], kept[index + 3] = kept[index + 3], kept[index]
        for seq in kept:
            now += rng.random() * 0.001
            generator.received(seq, now)
            expected[seq] = int(now * 4000)
        told |= read(generator.build(1, 2))
        now += rng.choice((0.05, 0.05, 9.0))
    assert told == expected


@pytest.mark.parametrize("jump", [201, 390, 1000, 32_000])
def test_numbers_that_jump_make_few_packets_and_later_ones_are_told(jump: int) -> None:
    generator = TransportFeedbackGenerator()
    seq = 0
    for _ in range(500):
        seq = (seq + jump) & 0xFFFF
        generator.received(seq, 1.0)
    assert len(generator.build(1, 2)) == MAX_AT_ONCE
    for number in range(1, 4):
        generator.received((seq + number) & 0xFFFF, 1.1)
    assert read(generator.build(1, 2)) == {(seq + number) & 0xFFFF: 4400 for number in range(1, 4)}


def test_memory_and_packets_are_bounded_whatever_numbers_come() -> None:
    rng = random.Random(1)
    generator = TransportFeedbackGenerator()
    for step in range(50):
        for _ in range(100):
            generator.received(rng.randrange(65_536), step / 10)
        packets = generator.build(1, 2)
        assert len(packets) <= MAX_AT_ONCE
        assert len(generator._arrivals) <= 1024
