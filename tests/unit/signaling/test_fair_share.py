import random
from collections import Counter

import pytest

from signaling.fair_share import FairShare


def test_whoever_has_all_it_may_have_gives_its_own_oldest_away() -> None:
    places = FairShare[int](100, 3)
    assert [places.enter("a", number) for number in range(3)] == [[], [], []]
    assert places.enter("a", 3) == [0]
    places.touch(1)
    assert places.enter("a", 4) == [2]
    assert places.enter("b", 5) == []
    assert len(places) == 4


def test_where_all_is_taken_the_one_with_most_gives_way() -> None:
    places = FairShare[str](6, None)
    for number in range(4):
        places.enter("flood", f"flood{number}")
    assert places.enter("ada", "ada") == []
    assert places.enter("ben", "ben") == []
    assert places.enter("cy", "cy") == ["flood0"]
    assert places.enter("dee", "dee") == ["flood1"]
    # Nobody has more than two any more: the next takes one of those.
    assert places.enter("flood", "flood4") == ["flood2"]
    assert places.enter("eve", "eve") == ["flood3"]


def test_a_smaller_total_for_now() -> None:
    places = FairShare[int](10, None)
    for number in range(5):
        places.enter("a", number)
    assert places.enter("b", 5, total=3) == [0, 1, 2]
    assert places.enter("c", 6, total=0) == [3, 4, 5, 6] or len(places) == 0
    assert len(places) == 0


def test_leaving_twice_or_unknown_is_nothing() -> None:
    places = FairShare[int](2, 1)
    places.enter("a", 1)
    places.leave(1)
    places.leave(1)
    places.touch(1)
    assert len(places) == 0
    assert places.enter("a", 2) == []


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_nobody_loses_to_somebody_with_more(seed: int) -> None:
    seeded = random.Random(seed)
    places = FairShare[int](40, 12)
    inside: dict[int, str] = {}
    for number in range(5000):
        action = seeded.random()
        if action < 0.6 or not inside:
            key = "flood" if seeded.random() < 0.7 else str(seeded.randrange(60))
            before = Counter(inside.values())
            inside[number] = key
            for gone in places.enter(key, number):
                loser = inside.pop(gone)
                assert before[loser] >= max(before.values(), default=0) or before[loser] >= 12 or gone == number
        elif action < 0.8:
            places.touch(seeded.choice(list(inside)))
        else:
            gone = seeded.choice(list(inside))
            places.leave(gone)
            del inside[gone]
        assert len(places) == len(inside) <= 40
        assert max(Counter(inside.values()).values(), default=0) <= 12
