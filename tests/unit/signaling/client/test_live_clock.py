"""RTP time of live tracks: time stamps as far as they make sense, else the time of arrival."""

import pytest

from signaling.client.live_clock import MAX_DRIFT, LiveClock

RATE = 90_000


def ticks(*frames: tuple[float | None, float]) -> list[tuple[int, bool]]:
    """Of frames with these time stamps and times of arrival, seconds."""
    clock = LiveClock(RATE)
    return [clock.ticks(stamp, arrival) for stamp, arrival in frames]


def test_time_stamps_count_from_the_first_and_arrival_may_jitter() -> None:
    assert ticks((7.0, 100.0), (7.1, 100.35), (7.2, 100.36)) == [(0, True), (9_000, True), (18_000, True)]


def test_without_time_stamps_arrival_counts() -> None:
    assert ticks((None, 100.0), (None, 100.5), (None, 100.5)) == [(0, True), (45_000, True), (45_001, True)]


@pytest.mark.parametrize("begun_again", [0.0, 5.0, 50.0])
def test_a_track_that_begins_again_goes_on_by_arrival_then_by_its_stamps(begun_again: float) -> None:
    found = ticks((5.0, 100.0), (5.1, 100.1), (begun_again, 100.2), (begun_again + 0.1, 100.9))
    assert found == [(0, True), (9_000, True), (18_000, False), (27_000, True)]


def test_a_track_that_stood_still_and_whose_stamps_did_too_is_moved_on() -> None:
    assert ticks((0.0, 100.0), (0.1, 110.0)) == [(0, True), (900_000, False)]


def test_it_always_grows_and_stays_near_arrival() -> None:
    clock, last = LiveClock(RATE), -1
    for number in range(2_000):
        arrival = number * 0.04
        found, _ = clock.ticks(number * 0.039 % 7, arrival)  # a loop of 7 s whose clock is slow
        assert found > last
        assert abs(found - arrival * RATE) <= MAX_DRIFT * RATE * 13
        last = found
