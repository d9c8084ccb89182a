import itertools
from collections import defaultdict

import pytest

from sfu.feedback.nack import (
    FIRST_DELAY,
    LONGEST_AGE,
    MAX_AGE,
    MAX_MISSING,
    MAX_TRIES,
    MISSING_PER_SECOND,
    NackGenerator,
)
from tests import cpu_cost


def fed(*numbers: int, now: float = 0.0) -> NackGenerator:
    generator = NackGenerator()
    for number in numbers:
        generator.received(number, now)
    return generator


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ((1, 2, 3), []),
        ((1, 4), [2, 3]),
        ((65_534, 1), [65_535, 0]),
        ((65_535, 0, 2), [1]),
        ((10, 13, 11), [12]),
        ((10, 9), []),
        ((5, 5, 5), []),
    ],
)
def test_gaps_are_asked_for(numbers: tuple[int, ...], missing: list[int]) -> None:
    assert fed(*numbers).poll(FIRST_DELAY, 0.0) == missing


def test_nothing_is_asked_for_before_reordering_had_its_time() -> None:
    generator = fed(1, 3)
    assert generator.poll(FIRST_DELAY / 2, 0.0) == []
    generator.received(2, FIRST_DELAY / 2)
    assert generator.poll(1.0, 0.0) == []
    assert generator.timeout() is None


def test_a_packet_is_new_once() -> None:
    generator = fed(1)
    assert [generator.received(seq, 0.0) for seq in (1, 4, 2, 2, 3, 4, 0)] == [
        False,
        True,
        True,
        False,
        True,
        False,
        False,
    ]


def test_requests_for_one_packet_are_a_round_trip_apart() -> None:
    generator = fed(1, 3)
    assert generator.poll(0.01, 0.2) == [2]
    assert generator.poll(0.2, 0.2) == []
    assert generator.timeout() == pytest.approx(0.21)
    assert generator.poll(0.211, 0.2) == [2]


def test_a_packet_is_given_up_after_some_tries() -> None:
    generator = fed(1, 3)
    asked = sum(generator.poll(step / 100, 0.0) == [2] for step in range(200))
    assert asked == MAX_TRIES
    assert generator.gave_up
    assert generator.timeout() is None


def test_a_packet_is_given_up_when_it_is_too_old() -> None:
    generator = fed(1, 3)
    assert generator.poll(MAX_AGE + 0.1, 0.0) == []
    assert generator.gave_up
    assert not generator.received(2, 2.0)


def test_on_a_long_way_a_packet_is_requested_four_times_before_it_is_given_up() -> None:
    generator, round_trip, now = fed(1, 3), 0.58, FIRST_DELAY
    for _ in range(4):
        assert generator.poll(now, round_trip) == [2]
        assert not generator.gave_up
        now += round_trip + 0.001
    assert generator.poll(now, round_trip) == []
    assert generator.gave_up


def test_however_long_the_way_is_said_to_be_a_packet_is_given_up() -> None:
    generator = fed(1, 3)
    assert generator.poll(LONGEST_AGE + 0.1, 60_000.0) == []
    assert generator.gave_up


def test_too_large_a_gap_is_not_asked_for() -> None:
    assert not fed(0, MAX_MISSING).gave_up
    generator = fed(0, MAX_MISSING + 1)
    assert generator.gave_up
    assert generator.poll(1.0, 0.0) == []


def test_many_small_gaps_together_are_bounded() -> None:
    generator = NackGenerator()
    for seq in range(0, 5000, 2):
        generator.received(seq, 0.0)
        assert len(generator.poll(0.01, 0.0)) <= MAX_MISSING
    assert generator.gave_up


def test_every_gap_of_a_long_stream_is_asked_for_and_filled() -> None:
    generator = NackGenerator()
    for number in range(65_000, 265_000):
        if number % 50 == 7:
            continue
        assert generator.accept(number & 0xFFFF, number / 1000) == number
        if number % 50 == 27:
            assert generator.poll(number / 1000, 0.0) == [(number - 20) & 0xFFFF]
            assert generator.accept((number - 20) & 0xFFFF, number / 1000) == number - 20
            assert generator.accept((number - 20) & 0xFFFF, number / 1000) is None
            assert generator.timeout() is None


def test_a_stream_that_loses_more_than_any_link_does_is_given_up_rather_than_listed() -> None:
    generator = NackGenerator()
    listed = seq = 0
    now = 0.0
    for step in range(3000):
        now, seq = step / 1000, seq + 101
        generator.received(seq & 0xFFFF, now)
        listed += generator.missing
        generator.give_up()
    assert listed <= 2 * MAX_MISSING + 3 * MISSING_PER_SECOND
    generator.gave_up = False
    for step in range(1, 1000):  # half of 200 packets a second
        generator.received((seq + 2 * step) & 0xFFFF, now + 10 + step / 100)
        assert generator.missing == 1
        generator.give_up()


def test_only_packets_that_are_due_are_looked_for() -> None:
    generator = fed(1, 3, now=1.0)
    assert generator.timeout() == 1.0 + FIRST_DELAY
    assert generator.poll(1.0 + FIRST_DELAY, 0.1) == [2]
    generator.received(5, 1.02)
    assert generator.timeout() == pytest.approx(1.02 + FIRST_DELAY)
    assert generator.poll(1.02 + FIRST_DELAY, 0.1) == [4]
    assert generator.timeout() == pytest.approx(1.0 + FIRST_DELAY + 0.1)
    assert generator.missing == 2
    generator.give_up()
    assert (generator.missing, generator.timeout(), generator.gave_up) == (0, None, True)


def test_each_of_many_gaps_is_asked_for_a_round_trip_apart_until_its_packets_come() -> None:
    generator, round_trip, asked = fed(0), 0.1, defaultdict[int, list[float]](list)
    for step in range(1, 600):
        now = step / 200
        if step <= 100:
            generator.received(3 * step, now)  # two are missing before each
        for index in generator.poll(now, round_trip):
            asked[index].append(now)
            if index % 3 == 1 and len(asked[index]) == 3:
                generator.received(index, now)
    assert sorted(asked) == [index for index in range(300) if index % 3]
    for index, times in asked.items():
        assert times[0] == pytest.approx((index // 3 + 1) / 200 + FIRST_DELAY, abs=0.006)  # a step
        assert len(times) == (3 if index % 3 == 1 else MAX_TRIES)
        assert all(later - earlier >= round_trip - 1e-9 for earlier, later in itertools.pairwise(times))
    assert (generator.missing, generator.timeout(), generator.gave_up) == (0, None, True)


def test_old_packets_are_given_up_when_others_are_due() -> None:
    generator = fed(1, 3)
    assert generator.poll(FIRST_DELAY, 0.3) == [2]
    generator.received(5, MAX_AGE)
    assert generator.poll(MAX_AGE + FIRST_DELAY, 0.3) == [4]
    assert (generator.missing, generator.gave_up) == (1, True)


def test_packets_that_are_not_due_cost_nothing() -> None:
    generator, seqs = fed(1, 202, now=1.0), itertools.count(204, 2)
    assert len(generator.poll(1.0 + FIRST_DELAY, 10.0)) == 200

    def poll() -> None:
        seq = next(seqs)
        generator.received(seq, 1.1)
        assert generator.poll(1.1 + FIRST_DELAY, 10.0) == [seq - 1]
        generator.received(seq - 1, 1.1)

    assert cpu_cost.microseconds(poll, 50) <= cpu_cost.limit(10.0)
    assert generator.missing == 200


def test_what_the_relay_left_out_itself_is_not_asked_for() -> None:
    generator = fed(1, 3, now=1.0)
    generator.skip_gap()
    assert generator.accept(20, 1.1) == 20
    assert (generator.missing, generator.gave_up) == (0, True)
    generator.received(22, 1.2)
    assert generator.poll(1.3, 0.1) == [21], "later gaps are losses again"
