import math

from sfu.bandwidth.recent_least import REMEMBERED, RecentLeast


def test_the_least_counts_with_its_time() -> None:
    least = RecentLeast()
    assert least.value == math.inf
    for number, value in enumerate((5.0, 3.0, 4.0, 3.0)):
        least.add(value, 10.0 + number)
    assert (least.value, least.at) == (3.0, 11.0)


def test_it_is_forgotten_after_one_or_two_periods() -> None:
    least = RecentLeast()
    least.add(1.0, 0.0)
    now = 0.0
    while least.value == 1.0:
        now += 0.1
        least.add(2.0, now)
    assert REMEMBERED < now <= 2 * REMEMBERED + 0.3
    assert least.value == 2.0
