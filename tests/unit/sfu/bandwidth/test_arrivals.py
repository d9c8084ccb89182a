import random

import pytest

from sfu.bandwidth.arrivals import MAX_STEP, ArrivalGroups


def test_a_delta_spans_two_complete_groups() -> None:
    groups = ArrivalGroups()
    assert groups.add(1.0, 51.0) is None
    assert groups.add(1.02, 51.03) is None
    assert groups.add(1.04, 51.06) == pytest.approx((0.02, 0.03, 51.03))
    assert groups.add(1.06, 51.07) == pytest.approx((0.02, 0.03, 51.06))


def test_what_leaves_within_five_milliseconds_is_one_group() -> None:
    groups = ArrivalGroups()
    for start in (1.0, 1.02):
        for step in (0.0, 0.002, 0.004):
            assert groups.add(start + step, 50 + start + 2 * step) is None
    assert groups.add(1.04, 51.04) == pytest.approx((0.02, 0.02, 51.028))


def test_what_the_path_held_back_and_delivered_at_once_is_one_group() -> None:
    groups = ArrivalGroups()
    groups.add(1.0, 51.0)
    assert groups.add(1.02, 51.08) is None
    assert groups.add(1.04, 51.081) is None  # sent 20 ms later, arrived 1 ms later
    assert groups.add(1.06, 51.082) is None
    assert groups.add(1.10, 51.12) == pytest.approx((0.06, 0.082, 51.082))


def test_late_packets_are_left_out() -> None:
    groups = ArrivalGroups()
    groups.add(1.0, 51.0)
    groups.add(1.02, 51.02)
    assert groups.add(1.01, 51.5) is None
    assert groups.add(1.04, 51.04) == pytest.approx((0.02, 0.02, 51.02))


def test_groups_that_overtake_each_other_leave_no_bias() -> None:
    """The differences add up to that of the last group and the first, however late each one was."""
    rng = random.Random(5)
    groups = ArrivalGroups()
    total, last = 0.0, 0.0
    for number in range(3000):
        delta = groups.add(0.01 * number, 50 + 0.01 * number + 0.05 * rng.random())
        if delta is not None:
            total += delta[1] - delta[0]
            last = max(last, abs(total))
    assert last <= 0.1


@pytest.mark.parametrize(("departure", "arrival"), [(1.02 + 2 * MAX_STEP, 51.1), (1.1, 60.0), (1.1, 20.0)])
def test_grouping_starts_over_after_a_pause_or_a_jump_of_the_viewers_clock(departure: float, arrival: float) -> None:
    groups = ArrivalGroups()
    groups.add(1.0, 51.0)
    groups.add(1.02, 51.02)
    assert groups.add(departure, arrival) is None
    assert groups.add(departure + 0.02, arrival + 0.02) is None
    assert groups.add(departure + 0.04, arrival + 0.04) == pytest.approx((0.02, 0.02, arrival + 0.02))
