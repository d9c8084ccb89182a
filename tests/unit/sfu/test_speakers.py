import random

from sfu.speakers import CHANGE_INTERVAL, LEAD, REORDER_INTERVAL, SILENT, SPEAKING, SpeakerDetector


def test_someone_speaks_from_one_level_and_stops_at_a_lower_one() -> None:
    detector = SpeakerDetector()
    levels = [SPEAKING - 1, SPEAKING, SILENT + 1, SILENT - 1, SILENT + 1]
    assert [detector.update([("a", level)], now) for now, level in enumerate(levels)] == [[], ["a"], ["a"], [], []]


def test_speakers_are_ordered_by_loudness_and_near_ties_do_not_swap() -> None:
    detector = SpeakerDetector()
    assert detector.update([("a", 80.0), ("b", 90.0)], 0.0) == ["b", "a"]
    assert detector.update([("b", 90.0), ("c", 90.0 + LEAD - 1)], 1.0) == ["b", "c"]
    assert SpeakerDetector().update([("b", 90.0), ("c", 95.0)], 0.0) == ["c", "b"]


def test_who_is_gone_speaks_no_more() -> None:
    detector = SpeakerDetector()
    detector.update([("a", 100.0)], 0.0)
    assert detector.update([], 1.0) == []


def test_the_same_people_are_put_into_another_order_once_a_second_at_most() -> None:
    detector = SpeakerDetector()
    assert detector.update([("a", 100.0), ("b", 80.0)], 0.0) == ["a", "b"]
    assert detector.update([("a", 80.0), ("b", 100.0)], REORDER_INTERVAL - 0.1) == ["a", "b"]
    assert detector.update([("a", 80.0), ("b", 100.0)], REORDER_INTERVAL) == ["b", "a"]


def test_however_levels_jump_the_list_changes_twice_a_second_at_most() -> None:
    rng = random.Random(1)
    detector, before, changes, now = SpeakerDetector(), list[str](), 0, 0.0
    while now < 60.0:
        found = detector.update([(f"p{number}", 127 * rng.random()) for number in range(30)], now)
        changes += found != before
        before, now = found, now + 0.25
    assert 60 < changes <= 121
    assert CHANGE_INTERVAL < 0.5
