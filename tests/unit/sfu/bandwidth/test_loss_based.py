import math
import random

import pytest

from sfu.bandwidth.aimd import MIN_BITRATE
from sfu.bandwidth.loss_based import FIRST_OBSERVATIONS, OBSERVATION, LossBased


def run(
    estimator: LossBased, start: float, seconds: float, sent: float, lost: float, delay_based: float = 6e6
) -> float:
    """Send at a bitrate, of which a share is lost at random; feedback each 50 ms."""
    rng = random.Random(5)
    now = start
    while now < start + seconds:
        packets = max(round(sent * 0.05 / 9600), 1)
        missing = sum(rng.random() < lost for _ in range(packets))
        if estimator.add(now, packets, missing, 1200 * packets, 1200 * missing):
            estimator.update(delay_based, sent * (1 - lost), now)
        now += 0.05
    return now


def test_without_loss_nothing_is_limited_and_nothing_computed() -> None:
    estimator = LossBased()
    run(estimator, 1.0, 60.0, 4e6, 0.0)
    assert estimator.bitrate == math.inf


@pytest.mark.parametrize("loss", [0.01, 0.03, 0.05])
def test_random_loss_costs_no_bandwidth(loss: float) -> None:
    estimator = LossBased()
    now = run(estimator, 1.0, 10.0, 4e6, loss)
    for _ in range(20):
        now = run(estimator, now, 1.0, 4e6, loss)
        assert estimator.bitrate > 3e6


def test_a_link_that_drops_most_is_left_to_what_it_carries() -> None:
    estimator = LossBased()
    now = run(estimator, 1.0, 5.0, 4e6, 0.0)
    run(estimator, now, 2.0, 4e6, 0.9)
    assert MIN_BITRATE <= estimator.bitrate < 0.5e6


def test_it_grows_again_when_the_loss_ends() -> None:
    estimator = LossBased()
    now = run(estimator, 1.0, 3.0, 4e6, 0.9)
    low = estimator.bitrate
    for _ in range(80):
        now = run(estimator, now, 0.25, min(estimator.bitrate, 4e6), 0.0)
    assert low < 0.5e6
    assert estimator.bitrate > 4e6


def test_a_probe_raises_it() -> None:
    estimator = LossBased()
    run(estimator, 1.0, 3.0, 4e6, 0.9)
    estimator.raise_to(2e6)
    assert estimator.bitrate == 2e6
    estimator.raise_to(1e6)
    assert estimator.bitrate == 2e6


def test_a_few_observations_come_first() -> None:
    estimator = LossBased()
    run(estimator, 1.0, OBSERVATION * (FIRST_OBSERVATIONS - 1), 4e6, 0.9)
    assert estimator.bitrate == math.inf


@pytest.mark.parametrize("lost", [0, 1, 100])
def test_extremes_keep_it_in_bounds(lost: int) -> None:
    estimator = LossBased()
    for number in range(200):
        estimator.add(number * 0.25, 100, lost, 0 if number % 2 else 120_000, 0)
        estimator.update(MIN_BITRATE, 0.0 if number % 3 else None, number * 0.25)
        assert estimator.bitrate >= MIN_BITRATE
