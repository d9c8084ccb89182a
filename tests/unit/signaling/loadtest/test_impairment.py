"""A client's network."""

from itertools import pairwise

import pytest

from signaling.loadtest.impairment import QUEUE_SECONDS, Link
from signaling.loadtest.scenario import Network


def arrivals(link: Link, count: int, spacing: float, size: int = 972) -> list[float]:
    """When so many packets, sent at that spacing, come through."""
    for number in range(count):
        link.push(bytes(size), number * spacing)
    return [at for at, _ in link.pop(1e9)]


def test_a_good_network_changes_nothing() -> None:
    assert arrivals(Link(Network(), 0, "1"), 3, 0.01) == [0.0, 0.01, 0.02]


def test_loss_is_what_was_asked_for_and_follows_from_the_seed() -> None:
    lossy = Network(loss=5)
    got = arrivals(Link(lossy, 0, "1"), 10_000, 0.001)
    assert 9400 < len(got) < 9600
    assert got == arrivals(Link(lossy, 0, "1"), 10_000, 0.001)
    assert got != arrivals(Link(lossy, 0, "2"), 10_000, 0.001)


def test_delay_and_jitter() -> None:
    got = arrivals(Link(Network(delay_ms=100, jitter_ms=30), 0, "1"), 1000, 1.0)
    late = [at - number for number, at in enumerate(got)]
    assert min(late) == pytest.approx(0.1, abs=0.001)
    assert max(late) == pytest.approx(0.13, abs=0.001)


def test_a_bottleneck_queues_and_then_loses() -> None:
    # 1,000 bytes with headers at 80 kbit/s take 0.1 s; sent every 0.05 s, so that twice as much comes as goes.
    got = arrivals(Link(Network(), 80, "1"), 100, 0.05)
    assert got[:3] == pytest.approx([0.1, 0.2, 0.3])
    gaps = [later - earlier for earlier, later in pairwise(got)]
    assert gaps == pytest.approx([0.1] * len(gaps))
    assert 50 <= len(got) <= 56
    assert max(at - 0.05 * 99 for at in got) < QUEUE_SECONDS + 0.11


def test_what_is_under_way_is_told() -> None:
    link = Link(Network(delay_ms=100), 0, "1")
    assert link.timeout() is None
    link.push(b"x", 1.0)
    assert link.timeout() == pytest.approx(1.1)
    assert link.pop(1.09) == []
    ((at, datagram),) = link.pop(1.11)
    assert at == pytest.approx(1.1)
    assert datagram == b"x"
