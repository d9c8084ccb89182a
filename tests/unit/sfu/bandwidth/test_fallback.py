import pytest

from sfu.bandwidth.aimd import MAX_BITRATE, MIN_BITRATE
from sfu.bandwidth.fallback import INCREASE, START, Fallback


def test_it_grows_once_a_second_while_little_is_lost() -> None:
    fallback = Fallback()
    assert not fallback.informed
    for number in range(11):
        fallback.take_loss(0.01, 10 + number / 2)
    assert fallback.informed
    assert fallback.estimate == pytest.approx(START * INCREASE**6)


def test_it_stays_with_some_loss_and_falls_with_much() -> None:
    fallback = Fallback()
    fallback.take_loss(0.05, 1.0)
    assert fallback.estimate == START
    fallback.take_loss(0.5, 2.0)
    assert fallback.estimate == START * 0.75


def test_it_is_at_most_what_the_viewer_claims() -> None:
    fallback = Fallback()
    fallback.take_remb(600_000)
    assert fallback.estimate == 600_000
    for number in range(100):
        fallback.take_loss(0.0, 10.0 + number)
    assert fallback.estimate == 600_000
    fallback.take_remb(1_000_000)
    assert fallback.estimate == 1_000_000


@pytest.mark.parametrize(("remb", "expected"), [(0, MIN_BITRATE), (1_000, MIN_BITRATE), (1 << 81, MAX_BITRATE)])
def test_lies_are_bounded(remb: int, expected: float) -> None:
    fallback = Fallback()
    fallback.take_remb(remb)
    for number in range(200):
        fallback.take_loss(0.0, 10.0 + number)
    assert fallback.estimate == expected
    for number in range(200):
        fallback.take_loss(1.0, 300.0 + number)
    assert fallback.estimate == MIN_BITRATE
