from signaling.joins import JOINED, WAITING, Joins


def test_attempts_are_counted_by_how_they_end() -> None:
    joins = Joins()
    joins.count(JOINED, 0.02)
    joins.count(WAITING, 0.01)
    joins.count("room_full", 0.01)
    joins.refused("room_locked")
    joins.refused("room_full")
    assert joins.results == {"joined": 1, "waiting": 1, "room_full": 2, "room_locked": 1}


def test_only_who_gets_in_is_timed() -> None:
    joins = Joins()
    joins.count(WAITING, 3.0)
    joins.refused("room_full")
    assert joins.seconds.count == 0
    joins.count(JOINED, 0.02)
    assert (joins.seconds.count, joins.seconds.sum) == (1, 0.02)
