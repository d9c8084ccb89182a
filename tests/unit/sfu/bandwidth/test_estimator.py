import random

import pytest

from sfu.bandwidth.estimator import GoogCc
from sfu.bandwidth.send_record import Flush


class Path:
    """A link of a given bitrate with an endless queue, which carries a steady stream and reports each 100 ms."""

    def __init__(self, capacity: float, start: float = 1e6) -> None:
        self.capacity = capacity
        self.estimator = GoogCc(start)
        self.now = 10.0
        self.busy_until = 0.0
        self.queued = 0.0
        """Longest time in the queue, seconds."""

    @property
    def estimate(self) -> float:
        return min(self.estimator.by_delay, self.estimator.by_loss)

    def run(self, seconds: float, bitrate: float | None = None, jitter: float = 0.0) -> None:
        """Send at a bitrate, or always as much as is estimated."""
        rng = random.Random(3)
        end, flushes, report = self.now + seconds, list[Flush](), self.now + 0.1
        while self.now < end:
            octets = round((bitrate or self.estimate) * 0.02 / 8)
            self.busy_until = max(self.busy_until, self.now) + octets * 8 / self.capacity
            self.queued = max(self.queued, self.busy_until - self.now)
            arrival = 500 + self.busy_until + rng.random() * jitter
            flushes.append(Flush(self.now, arrival, octets, 2, 0, 0))
            self.now += 0.02
            if self.now >= report:
                self.estimator.take(flushes, self.now, 0.05)
                flushes, report = [], report + 0.1


def test_it_follows_a_link_down_within_a_second() -> None:
    path = Path(5e6, start=2.5e6)
    path.run(5.0, 2.5e6)
    path.capacity = 0.3e6
    path.run(1.0)
    assert path.estimate < 0.5e6
    path.run(10.0)
    assert 0.15e6 < path.estimate < 0.33e6


def test_it_finds_most_of_a_steady_link() -> None:
    path = Path(3e6)
    path.run(20.0)
    path.queued = 0.0
    path.run(20.0)
    assert path.estimate == pytest.approx(2.7e6, rel=0.2)
    assert path.queued < 0.2


def test_jitter_does_not_bring_it_down() -> None:
    path = Path(5e6)
    path.run(30.0, 1e6, jitter=0.02)
    assert path.estimate > 0.9e6


def test_lost_packets_alone_say_nothing_of_the_delay() -> None:
    estimator = GoogCc(1e6)
    for number in range(1000):
        estimator.take([Flush(number * 0.02, 0.0, 0, 0, 2, 2000)], number * 0.02, 0.05)
    assert estimator.trendline.slope == 0.0


@pytest.mark.parametrize("capacity", [0.4e6, 1e6, 3e6, 20e6])
def test_a_link_that_becomes_full_after_a_quiet_time_is_found_to_be(capacity: float) -> None:
    """While nothing waits, delays are taken in one go; from the first that do, one by one."""
    path = Path(50e6, start=1.2 * capacity)
    path.run(5.0, 1.2 * capacity)
    path.capacity = capacity
    path.run(1.5, 1.2 * capacity)
    assert path.estimate < capacity
    assert path.estimator.overused_at > 15.0
