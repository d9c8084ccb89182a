import pytest

from sfu.bandwidth.quiet import MARGIN, QuietLink
from sfu.bandwidth.recent_least import REMEMBERED
from sfu.bandwidth.send_record import Flush

CLOCKS = 500.0
"""Seconds between the viewer's clock and ours."""


def flushes(begin: float, delays: list[float], lost: int = 0, probe: int = 0) -> list[Flush]:
    """Flushes 10 ms apart that arrive with these delays."""
    departures = [begin + 0.01 * number for number in range(len(delays))]
    return [
        Flush(departure, CLOCKS + departure + delay, 1000, 1, lost, 1000 * lost, probe)
        for departure, delay in zip(departures, delays, strict=True)
    ]


def test_a_link_is_quiet_while_no_packet_waits() -> None:
    link = QuietLink()
    assert link.is_quiet(flushes(10.0, [0.050, 0.053, 0.051]))
    assert link.is_quiet(flushes(10.1, [0.050, 0.050 + 0.9 * MARGIN, 0.051]))


@pytest.mark.parametrize("delays", [[0.05, 0.05 + 1.1 * MARGIN], [0.07, 0.07]])
def test_a_link_is_not_quiet_if_one_packet_waited(delays: list[float]) -> None:
    link = QuietLink()
    assert link.is_quiet(flushes(10.0, [0.05]))
    assert not link.is_quiet(flushes(10.1, delays))


def test_lost_packets_and_probes_are_looked_at_closely() -> None:
    link = QuietLink()
    assert link.is_quiet(flushes(10.0, [0.05]))
    assert not link.is_quiet(flushes(10.1, [0.05, 0.05], lost=1))
    assert not link.is_quiet(flushes(10.2, [0.05, 0.05], probe=3))
    assert not link.is_quiet([Flush(10.3, 0.0, 0, 0, 2, 2000)])


def test_a_slower_route_is_quiet_again_after_a_while() -> None:
    link = QuietLink()
    assert link.is_quiet(flushes(10.0, [0.05]))
    times = [10.0 + number / 10 for number in range(1, round(25 * REMEMBERED))]
    quiet = [time for time in times if link.is_quiet(flushes(time, [0.2]))]
    assert REMEMBERED <= quiet[0] - 10.0 <= 2 * REMEMBERED + 0.2
    assert quiet[-1] == times[-1]


def test_a_clock_that_drifts_does_not_make_a_link_seem_full() -> None:
    link = QuietLink()
    for number in range(600):
        time = 10.0 + number / 10
        assert link.is_quiet(flushes(time, [0.05 + 100e-6 * number / 10])), time
