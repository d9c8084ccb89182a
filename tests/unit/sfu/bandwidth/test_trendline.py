import random

import pytest

from sfu.bandwidth.trendline import FIRST_THRESHOLD, MAX_THRESHOLD, MIN_THRESHOLD, Trendline, Usage


def run(trend: Trendline, groups: int, growth: float, *, jitter: float = 0.0, start: float = 0.0) -> list[Usage]:
    """Groups each 20 ms, each of which arrives `growth` seconds later after its departure than the one before."""
    rng = random.Random(1)
    found, arrival, delay, before = [], 10.0 + start, 0.0, 0.0
    for number in range(groups):
        delay = growth * number + rng.random() * jitter
        arrived = 0.02 + delay - before
        before = delay
        arrival += arrived
        trend.update(0.02, arrived, arrival)
        found.append(trend.usage)
    return found


def test_a_steady_link_is_used_normally() -> None:
    trend = Trendline()
    assert set(run(trend, 200, 0.0)) == {Usage.NORMAL}
    assert trend.slope == 0.0


def test_a_growing_queue_is_noticed_within_half_a_second() -> None:
    found = run(Trendline(), 60, 0.004)
    assert Usage.OVERUSING in found[:40]
    assert found.index(Usage.OVERUSING) > 10


def test_a_queue_that_drains_is_underuse() -> None:
    trend = Trendline()
    run(trend, 40, 0.004)
    assert Usage.UNDERUSING in run(trend, 40, -0.004, start=2.0)


def test_a_slope_is_that_of_the_delay() -> None:
    trend = Trendline()
    run(trend, 300, 0.001)
    assert abs(trend.slope - 0.001 / 0.021) < 0.001


def test_jitter_alone_is_no_overuse() -> None:
    found = run(Trendline(), 500, 0.0, jitter=0.01)
    assert found.count(Usage.OVERUSING) <= 1


def test_jitter_of_few_packets_is_no_overuse_and_a_queue_on_top_of_it_is() -> None:
    """Jitter of 20 ms makes slopes as steep as those of a queue; the delay itself tells them apart."""
    trend = Trendline()
    assert Usage.OVERUSING not in run(trend, 500, 0.0, jitter=0.02)
    assert Usage.OVERUSING in run(trend, 60, 0.003, jitter=0.02, start=11.0)


def test_a_route_that_became_longer_is_taken_as_it_is_after_some_seconds() -> None:
    trend = Trendline()
    run(trend, 100, 0.0)
    trend.update(0.02, 0.12, 13.0)
    run(trend, 100, 0.0, start=4.0)
    assert trend.queue > 90
    run(trend, 1500, 0.0, start=7.0)
    assert trend.queue < 1


def test_the_threshold_falls_on_a_quiet_link_and_stays_in_bounds() -> None:
    trend = Trendline()
    run(trend, 100, 0.0)
    assert MIN_THRESHOLD <= trend.threshold < FIRST_THRESHOLD
    for number in range(1000):
        arrived = 0.02 + (0.05 if number % 2 else -0.01)
        trend.update(0.02, arrived, 20.0 + 0.04 * number)
        assert MIN_THRESHOLD <= trend.threshold <= MAX_THRESHOLD


def test_equal_times_have_no_slope() -> None:
    trend = Trendline()
    for _ in range(100):
        trend.update(0.02, 0.0, 10.0)
    assert trend.slope == 0.0


@pytest.mark.parametrize("seed", range(8))
def test_jitter_while_a_call_begins_is_no_overuse(seed: int) -> None:
    """The first packet's delay is that of one packet; what follows has to be compared with more than that."""
    rng, trend, delay = random.Random(seed), Trendline(), 0.0
    for number in range(100):
        before, delay = delay, 0.05 * rng.random()
        trend.update(0.02, 0.02 + delay - before, 10.0 + 0.02 * number + delay)
        assert trend.usage is not Usage.OVERUSING
