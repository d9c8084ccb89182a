import pytest

from sfu.governor import (
    BEHIND,
    BETTER,
    KEYFRAME_BURST,
    KEYFRAMES_PER_SECOND,
    LONGEST,
    LOSING,
    MAX_LEVEL,
    RECENT,
    STILL_WORSE,
    WORSE,
    Governor,
    affordable,
    cameras,
)

TICK = 0.25


def run(governor: Governor, now: float, seconds: float, behind: float) -> float:
    """Let time pass with the relay so many seconds behind; returns the time after it."""
    end = now + seconds
    while now < end - 1e-9:
        now += TICK
        governor.update(now, behind)
    return now


def until_level(governor: Governor, now: float, level: int, behind: float) -> float:
    """The seconds that it takes to reach a level."""
    begun = now
    while governor.level != level:
        now += TICK
        governor.update(now, behind)
        assert now < begun + 200
    return now - begun


def test_a_relay_that_keeps_up_leaves_everything_as_it_is() -> None:
    governor = Governor()
    run(governor, 10.0, 60.0, 0.9 * BEHIND)
    assert governor.level == 0


def test_lateness_that_lasts_is_answered_and_more_if_it_goes_on() -> None:
    governor = Governor()
    assert until_level(governor, 10.0, 1, BEHIND) == TICK + WORSE
    assert until_level(governor, 10.0 + TICK + WORSE, MAX_LEVEL, BEHIND) == pytest.approx((MAX_LEVEL - 1) * STILL_WORSE)
    run(governor, 20.0, 10.0, 2.0)
    assert governor.level == MAX_LEVEL


def test_a_relay_that_was_stopped_for_a_moment_now_and_then_is_not_overloaded() -> None:
    governor, now = Governor(), 10.0
    for _ in range(50):
        now = run(governor, now, WORSE, 1.0)
        now = run(governor, now, TICK, 0.0)
    assert governor.level == 0


def test_what_becomes_less_needs_no_further_step() -> None:
    governor, now, behind = Governor(), 10.0, 2.0
    while behind >= BEHIND:
        now += TICK
        governor.update(now, behind)
        behind *= 0.85
    assert governor.level == 1


def test_pictures_are_shed_until_nothing_waits_if_the_first_step_is_not_enough() -> None:
    governor, now = Governor(), 10.0
    now = run(governor, now, TICK + WORSE, BEHIND)
    assert (governor.level, governor.shedding) == (1, False)
    now = run(governor, now, STILL_WORSE, BEHIND)
    assert (governor.level, governor.shedding) == (2, True)
    now = run(governor, now, 30.0, 1.0)
    assert (governor.level, governor.shedding) == (MAX_LEVEL, True)
    run(governor, now, TICK, 0.9 * BEHIND)
    assert (governor.level, governor.shedding) == (MAX_LEVEL, False)


def test_pictures_are_shed_from_the_first_step_if_packets_get_lost() -> None:
    governor = Governor()
    run(governor, 10.0, WORSE, LOSING)
    assert not governor.shedding
    run(governor, 10.0 + WORSE, TICK, LOSING)
    assert (governor.level, governor.shedding) == (1, True)


def test_keyframes_are_asked_for_one_by_one_while_viewers_get_less_and_not_while_they_would_be_shed() -> None:
    governor = Governor()
    assert all(governor.grants_keyframe(10.0) for _ in range(1000))
    now = run(governor, 10.0, TICK + WORSE, LOSING)
    assert governor.shedding
    assert not governor.grants_keyframe(now)
    now = run(governor, now, TICK, 0.0)
    granted = [governor.grants_keyframe(now + step / 1000) for step in range(2000)]
    assert sum(granted) == pytest.approx(KEYFRAME_BURST + 2 * KEYFRAMES_PER_SECOND, abs=2)


def test_the_next_step_comes_sooner_if_the_last_was_not_long_ago() -> None:
    governor, now = Governor(), 10.0
    now += until_level(governor, now, 1, BEHIND)
    now = run(governor, now, 0.4 * BETTER, 0.0)
    assert until_level(governor, now, 2, BEHIND) == TICK + STILL_WORSE
    now = run(governor, now + TICK + STILL_WORSE, RECENT, 0.0)
    level = governor.level
    assert until_level(governor, now, level + 1, BEHIND) == TICK + WORSE


def test_it_goes_back_step_by_step() -> None:
    governor = Governor()
    now = run(governor, 10.0, TICK + WORSE + STILL_WORSE, BEHIND)
    assert governor.level == 2
    assert until_level(governor, now, 1, 0.0) == pytest.approx(BETTER, abs=TICK)
    assert until_level(governor, now + BETTER, 0, 0.0) == pytest.approx(BETTER, abs=2 * TICK)


def test_a_room_that_is_always_too_large_is_tried_less_and_less_often() -> None:
    governor, now, pauses = Governor(), 10.0, list[float]()
    now += until_level(governor, now, 1, BEHIND)
    for _ in range(6):
        pauses.append(until_level(governor, now, 0, 0.0))
        now += pauses[-1]
        now += until_level(governor, now, 1, BEHIND)
    assert pauses == sorted(pauses)
    assert pauses[0] == pytest.approx(BETTER, abs=TICK)
    assert pauses[-1] == pytest.approx(LONGEST, abs=TICK)


def test_after_a_long_calm_it_goes_back_as_soon_as_at_first() -> None:
    governor, now = Governor(), 10.0
    for _ in range(4):
        now += until_level(governor, now, 1, BEHIND)
        now += until_level(governor, now, 0, 0.0)
    now = run(governor, now, LONGEST + 1, 0.0)
    now += until_level(governor, now, 1, BEHIND)
    assert until_level(governor, now, 0, 0.0) == pytest.approx(BETTER, abs=TICK)


@pytest.mark.parametrize(("level", "left"), [(0, 9), (1, 5), (2, 3), (3, 2), (4, 1)])
def test_each_level_leaves_half_of_a_pictures_steps(level: int, left: int) -> None:
    steps = tuple(range(9))
    assert affordable(steps, level) == steps[:left]
    assert affordable(steps[:1], level) == steps[:1]
    assert affordable((), level) == ()


@pytest.mark.parametrize(("level", "left"), [(0, 9), (4, 9), (5, 5), (6, 3), (7, 2), (8, 1)])
def test_the_last_levels_leave_fewer_cameras(level: int, left: int) -> None:
    assert cameras(9, level) == left
    assert (cameras(1, level), cameras(0, level)) == (1, 0)
