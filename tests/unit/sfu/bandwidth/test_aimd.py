import pytest

from sfu.bandwidth.aimd import DECREASE, MARGIN, MAX_BITRATE, MAX_RATIO, MIN_BITRATE, Aimd
from sfu.bandwidth.trendline import Usage


def run(aimd: Aimd, usage: Usage, throughput: float | None, start: float, seconds: float) -> float:
    now = start
    while now < start + seconds:
        aimd.update(usage, throughput, now, 0.05)
        now += 0.1
    return now


def test_it_grows_by_8_percent_a_second_far_from_the_capacity() -> None:
    aimd = Aimd(1e6)
    run(aimd, Usage.NORMAL, 5e6, 10.0, 1.01)
    assert aimd.bitrate == pytest.approx(1.08e6, rel=0.002)


def test_overuse_brings_it_below_what_arrives_at_once() -> None:
    aimd = Aimd(5e6)
    aimd.update(Usage.OVERUSING, 1e6, 10.0, 0.05)
    assert aimd.bitrate == DECREASE * 1e6
    assert aimd.decreased_at == 10.0


def test_overuse_never_raises_it() -> None:
    aimd = Aimd(1e6)
    aimd.update(Usage.OVERUSING, 40e6, 10.0, 0.05)
    assert aimd.bitrate == 1e6


def test_it_falls_once_in_a_round_trip() -> None:
    aimd = Aimd(1e6)
    aimd.update(Usage.OVERUSING, 0.9e6, 10.0, 0.15)
    once = aimd.bitrate
    aimd.update(Usage.OVERUSING, 0.8e6, 10.1, 0.15)
    assert aimd.bitrate == once
    aimd.update(Usage.OVERUSING, 0.7e6, 10.2, 0.15)
    assert aimd.bitrate == DECREASE * 0.7e6


def test_it_grows_slowly_near_the_capacity_that_it_knows() -> None:
    aimd = Aimd(1e6)
    aimd.update(Usage.OVERUSING, 1e6, 10.0, 0.05)
    before = aimd.bitrate
    run(aimd, Usage.NORMAL, 0.9e6, 10.1, 1.01)
    assert before + 4_000 < aimd.bitrate < before * 1.08


def test_it_holds_while_the_queue_drains() -> None:
    aimd = Aimd(1e6)
    run(aimd, Usage.UNDERUSING, 2e6, 10.0, 2.0)
    assert aimd.bitrate == 1e6


def test_it_does_not_grow_beyond_what_the_traffic_shows() -> None:
    aimd = Aimd(1e6)
    run(aimd, Usage.NORMAL, 0.9e6, 10.0, 30.0)
    assert aimd.bitrate == pytest.approx(MAX_RATIO * 0.9e6 + MARGIN)
    run(aimd, Usage.NORMAL, 0.1e6, 40.0, 30.0)
    assert aimd.bitrate == pytest.approx(MAX_RATIO * 0.9e6 + MARGIN)  # nor does it fall when less is sent


def test_a_probe_only_raises_it() -> None:
    aimd = Aimd(1e6)
    aimd.raise_to(0.5e6)
    assert aimd.bitrate == 1e6
    aimd.raise_to(2e6)
    assert aimd.bitrate == 2e6


def test_whatever_is_claimed_it_stays_in_bounds() -> None:
    aimd = Aimd(1e6)
    run(aimd, Usage.NORMAL, 1e13, 10.0, 120.0)
    aimd.raise_to(1e13)
    assert aimd.bitrate == MAX_BITRATE
    run(aimd, Usage.OVERUSING, 1.0, 200.0, 5.0)
    assert aimd.bitrate == MIN_BITRATE
