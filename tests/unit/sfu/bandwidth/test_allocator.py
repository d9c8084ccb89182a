import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sfu.bandwidth.allocator import HOLD, LONGEST_HOLD, Allocator, Step, Want
from sfu.path.thinning import ALL_LAYERS, Layers
from sfu.wire.rtp import Mid, Rid
from tests.thorough import choose

STEPS = (
    Step(Rid("q"), Layers(7, 0), 180, 60_000),
    Step(Rid("q"), Layers(7, 1), 180, 90_000),
    Step(Rid("q"), ALL_LAYERS, 180, 150_000),
    Step(Rid("h"), Layers(7, 1), 360, 300_000),
    Step(Rid("h"), ALL_LAYERS, 360, 500_000),
    Step(Rid("f"), Layers(7, 1), 720, 900_000),
    Step(Rid("f"), ALL_LAYERS, 720, 1_500_000),
)
SMALL, MEDIUM = STEPS[:3], STEPS[:5]
SCREEN = (Step(Rid(""), ALL_LAYERS, 1080, 1_000_000),)


def want(
    name: str, steps: tuple[Step, ...] = STEPS, *, screen: bool = False, priority: int = 0, speaking: bool = False
) -> Want:
    return Want(Mid(name), f"{name}.camera", steps, screen, priority, speaking)


def nine(steps: tuple[Step, ...] = STEPS) -> list[Want]:
    return [want(f"v{number}", steps) for number in range(9)]


def rates(found: dict[Mid, Step | None]) -> list[int]:
    """In kbit/s; 0: paused."""
    return [0 if step is None else step.bitrate // 1000 for step in found.values()]


def at_first(estimate: int, wants: Sequence[Want], audio: int = 0) -> list[int]:
    return rates(Allocator().allocate(0.0, estimate, audio, wants))


def noisy(wants: list[Want], rng: random.Random, share: float) -> list[Want]:
    """The same wants with each bitrate off by up to that share."""
    return [
        replace(
            each,
            steps=tuple(
                replace(step, bitrate=round(step.bitrate * (1 + rng.uniform(-share, share)))) for step in each.steps
            ),
        )
        for each in wants
    ]


def test_with_room_for_all_everybody_gets_what_they_want() -> None:
    assert at_first(20_000_000, nine()) == [1500] * 9


def test_sound_comes_first() -> None:
    assert at_first(1_000_000, [want("v0")]) == [900]
    assert at_first(1_000_000, [want("v0")], audio=200_000) == [500]
    assert at_first(100_000, [want("v0")], audio=200_000) == [0]


def test_one_publisher_on_a_narrow_link_keeps_the_middle_size_whole() -> None:
    assert at_first(800_000, [want("v0")], audio=40_000) == [500]


def test_equals_are_raised_one_after_the_other() -> None:
    found = at_first(3_000_000, nine())
    assert sum(found) >= 0.8 * 3000
    assert sum(found) <= 0.95 * 3000
    assert max(found) / min(found) <= 2


def test_the_last_are_paused_rather_than_all_starved() -> None:
    assert at_first(200_000, nine()) == [60, 60, 60, 0, 0, 0, 0, 0, 0]


def test_a_screen_comes_before_all_pictures_of_people() -> None:
    wants = [want("v0", priority=60), want("v1", speaking=True), want("v2", SCREEN, screen=True), want("v3")]
    assert at_first(1_100_000, wants) == [0, 0, 1000, 0]
    assert at_first(3_300_000, wants)[2] == 1000


def test_who_is_pinned_or_speaks_comes_before_the_others() -> None:
    wants = [want("v0"), want("v1", speaking=True), want("v2"), want("v3", priority=60)]
    assert at_first(600_000, wants) == [0, 60, 0, 500]
    assert at_first(1_300_000, wants) == [90, 500, 90, 500]
    assert at_first(2_500_000, wants) == [150, 500, 150, 1500]
    assert at_first(3_700_000, wants)[1::2] == [1500, 1500]


def test_steps_of_someone_who_wants_a_small_picture_end_early() -> None:
    assert at_first(10_000_000, [want("v0", SMALL), want("v1", MEDIUM)]) == [150, 500]


def test_it_goes_down_at_once() -> None:
    allocator = Allocator()
    assert rates(allocator.allocate(0.0, 2_000_000, 0, [want("v0")])) == [1500]
    assert rates(allocator.allocate(0.1, 1_400_000, 0, [want("v0")])) == [900]
    assert rates(allocator.allocate(0.2, 300_000, 0, [want("v0")])) == [300]
    assert rates(allocator.allocate(0.3, 50_000, 0, [want("v0")])) == [0]


def test_it_goes_up_only_a_while_after_it_went_down() -> None:
    allocator = Allocator()
    allocator.allocate(0.0, 2_000_000, 0, [want("v0")])
    allocator.allocate(1.0, 300_000, 0, [want("v0")])
    times = {at / 10: rates(allocator.allocate(at / 10, 2_000_000, 0, [want("v0")])) for at in range(11, 50)}
    first = min(at for at, found in times.items() if found == [1500])
    assert 1.0 + HOLD <= first <= 1.0 + HOLD + 0.5
    assert all(found == [300] for at, found in times.items() if at < first)


def test_there_must_be_some_room_to_spare_for_more_but_not_for_what_is_sent() -> None:
    allocator = Allocator()
    for step in range(50):
        assert rates(allocator.allocate(step / 10, 1_550_000, 0, [want("v0")])) == [900]
    allocator.allocate(6.0, 1_600_000, 0, [want("v0")])
    assert rates(allocator.allocate(6.5, 1_600_000, 0, [want("v0")])) == [1500]
    for step in range(70, 120):
        assert rates(allocator.allocate(step / 10, 1_510_000, 0, [want("v0")])) == [1500]


def test_a_new_wish_need_not_wait() -> None:
    allocator = Allocator()
    allocator.allocate(0.0, 2_000_000, 0, [want("v0", SMALL)])
    allocator.allocate(1.0, 140_000, 0, [want("v0", SMALL)])
    assert rates(allocator.allocate(1.1, 2_000_000, 0, [want("v0")])) == [1500]
    assert rates(allocator.allocate(1.2, 2_000_000, 0, [want("v0"), want("v1")])) == [900, 900]


def test_who_comes_last_takes_nothing_from_equals_that_they_need_for_a_picture() -> None:
    allocator = Allocator()
    first = [want("v0", SMALL), want("v1", SMALL)]
    assert rates(allocator.allocate(0.0, 130_000, 0, first)) == [60, 60]
    assert rates(allocator.allocate(0.1, 130_000, 0, [want("v9", SMALL), *first])) == [0, 60, 60]


@pytest.mark.parametrize(("share", "most"), [(0.05, 8), (0.1, 30)])
@pytest.mark.parametrize("estimate", choose([1_000_000], [500_000, 1_000_000, 3_000_000]))
def test_noise_in_the_bitrates_changes_next_to_nothing(estimate: int, share: float, most: int) -> None:
    rng = random.Random(3)
    allocator = Allocator()
    wants = nine()
    before: list[str] = []
    changes = 0
    for step in range(600):
        rough = round(estimate * rng.uniform(0.985, 1.015))
        found = allocator.allocate(step / 5, rough, 0, noisy(wants, rng, share))
        now = ["" if each is None else f"{each.encoding}{each.layers.temporal}" for each in found.values()]
        changes += sum(one != other for one, other in zip(now, before or now, strict=True))
        before = now
    assert changes <= most, "of nine slots in two minutes"


def test_a_link_that_fails_each_time_is_tried_less_and_less_often() -> None:
    allocator = Allocator()
    rises = []
    level, estimate = 0, 1_650_000
    for step in range(1000):
        now = step / 10
        found = rates(allocator.allocate(now, estimate, 0, [want("v0")]))[0]
        if found > level:
            rises.append(now)
        level = found
        estimate = 1_400_000 if level == 1500 else 1_650_000
    pauses = [later - earlier for earlier, later in itertools.pairwise(rises)]
    assert pauses[0] < 2 * HOLD + 1
    assert max(pauses) >= LONGEST_HOLD
    assert len(rises) <= 12


def test_a_link_with_plenty_of_room_again_is_used_whatever_was_before() -> None:
    allocator = Allocator()
    now = 0.0
    for _ in range(6):
        for _ in range(200):
            now += 0.1
            if rates(allocator.allocate(now, 1_650_000, 0, [want("v0")])) == [1500]:
                break
        allocator.allocate(now + 0.1, 1_400_000, 0, [want("v0")])
        now += 0.1
    down = now
    while rates(allocator.allocate(now, 5_000_000, 0, [want("v0")])) != [1500]:
        now += 0.1
    assert now - down <= HOLD + 0.2


def test_the_wish_is_the_next_size() -> None:
    allocator = Allocator()
    allocator.allocate(0.0, 20_000_000, 0, [want("v0")])
    assert allocator.wish is None
    allocator.allocate(1.0, 200_000, 40_000, [want("v0")])
    assert allocator.wish == round(340_000 / 0.95)  # twice what is sent, at most
    allocator = Allocator()
    allocator.allocate(0.0, 700_000, 40_000, [want("v0")])
    assert allocator.wish == round(1_040_000 / 0.95)
    allocator = Allocator()
    allocator.allocate(0.0, 0, 0, [want("v0")])
    assert allocator.wish == round(60_000 / 0.95)


def test_a_size_that_is_gone_is_followed_by_the_next_smaller() -> None:
    allocator = Allocator()
    allocator.allocate(0.0, 550_000, 0, [want("v0")])
    without = tuple(step for step in STEPS if step.encoding != "h")
    assert rates(allocator.allocate(0.1, 550_000, 0, [want("v0", without)])) == [150]


def test_what_has_no_slot_any_more_is_forgotten() -> None:
    allocator = Allocator()
    allocator.allocate(0.0, 1_000_000, 0, [want("v0")])
    assert allocator.allocate(1.0, 1_000_000, 0, []) == {}
    assert allocator.wish is None
