import random

import pytest

from sfu.bandwidth.throughput import FIRST_WINDOW, Throughput


def feed(throughput: Throughput, start: float, seconds: float, bitrate: float, gap: float = 0.01) -> float:
    now = start
    while now < start + seconds:
        throughput.add(now, round(bitrate * gap / 8))
        now += gap
    return now


def test_nothing_is_known_before_the_first_window() -> None:
    throughput = Throughput()
    feed(throughput, 5.0, FIRST_WINDOW - 0.02, 1e6)
    assert throughput.bitrate is None


@pytest.mark.parametrize("bitrate", [30e3, 1e6, 20e6])
def test_a_steady_rate_is_found(bitrate: float) -> None:
    throughput = Throughput()
    feed(throughput, 5.0, 2.0, bitrate)
    assert throughput.bitrate == pytest.approx(bitrate, rel=0.02)


def test_a_change_is_followed_within_a_second() -> None:
    throughput = Throughput()
    now = feed(throughput, 5.0, 3.0, 3e6)
    now = feed(throughput, now, 1.5, 0.5e6)
    assert throughput.bitrate == pytest.approx(0.5e6, rel=0.3)


def test_one_window_that_differs_moves_it_little() -> None:
    throughput = Throughput()
    now = feed(throughput, 5.0, 5.0, 1e6)
    now = feed(throughput, now, 0.15, 20e6)
    feed(throughput, now, 0.02, 1e6)
    assert throughput.bitrate is not None
    assert throughput.bitrate < 3e6


def test_a_pause_is_not_counted() -> None:
    throughput = Throughput()
    now = feed(throughput, 5.0, 2.0, 1e6)
    feed(throughput, now + 60, 1.0, 1e6)
    assert throughput.bitrate == pytest.approx(1e6, rel=0.05)


def test_hostile_times_keep_it_finite() -> None:
    throughput, rng = Throughput(), random.Random(2)
    for _ in range(5000):
        throughput.add(rng.choice((0.0, -1e6, 1e6, rng.random())), rng.randrange(1500))
        assert throughput.bitrate is None or 0 <= throughput.bitrate < 1e12
