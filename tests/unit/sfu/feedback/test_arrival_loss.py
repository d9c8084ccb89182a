"""The share of packets that a viewer misses, from its feedback."""

import random

import pytest

from sfu.feedback.arrival_loss import LEAST_PACKETS, PERIOD, VALID, ArrivalLoss


def report(loss: ArrivalLoss, now: float, *, packets: int, lost: int) -> None:
    loss.take((None,) * lost + (0,) * (packets - lost), now)


def test_nothing_is_known_before_there_is_enough_feedback() -> None:
    loss = ArrivalLoss()
    assert loss.share(0.0) is None
    report(loss, 10.0, packets=LEAST_PACKETS - 1, lost=5)
    assert loss.share(10.0) is None
    report(loss, 10.0 + PERIOD / 2, packets=20, lost=0)
    assert loss.share(10.0 + PERIOD / 2) is None
    report(loss, 10.0 + PERIOD, packets=LEAST_PACKETS, lost=0)
    assert loss.share(10.0 + PERIOD) == 5 / (2 * LEAST_PACKETS + 19)


@pytest.mark.parametrize("packets_a_second", [50, 2000])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.3])
def test_it_comes_near_the_real_share_within_seconds(packets_a_second: int, share: float) -> None:
    rng, loss, now = random.Random(1), ArrivalLoss(), 100.0
    found = []
    for number in range(600):
        now += 0.1
        arrivals = [None if rng.random() < share else 0 for _ in range(packets_a_second // 10)]
        loss.take(arrivals, now)
        if number > 50:
            found.append(loss.share(now) or 0.0)
    middle = sum(found) / len(found)
    assert share * 0.8 <= middle <= share * 1.6 + 0.001


def test_it_rises_within_a_second_and_falls_more_slowly() -> None:
    loss, now = ArrivalLoss(), 100.0
    shares = []
    for number in range(200):
        now += 0.1
        report(loss, now, packets=20, lost=2 if 50 <= number < 100 else 0)
        shares.append(loss.share(now))
    assert shares[49] == 0.0
    assert (shares[60] or 0.0) > 0.05
    assert (shares[109] or 0.0) > 0.05
    assert (shares[150] or 1.0) < 0.02


def test_a_viewer_that_stops_reporting_is_judged_anew() -> None:
    loss = ArrivalLoss()
    report(loss, 10.0, packets=100, lost=50)
    report(loss, 10.0 + PERIOD, packets=100, lost=50)
    assert loss.share(10.0 + PERIOD + VALID / 2) == 0.5
    assert loss.share(10.0 + PERIOD + VALID) is None
    report(loss, 20.0, packets=100, lost=0)
    report(loss, 20.0 + PERIOD, packets=100, lost=0)
    assert loss.share(20.0 + PERIOD) == 0.0
