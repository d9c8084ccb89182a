from sfu.speakers import LEAD, SILENT, SPEAKING, SpeakerDetector


def test_someone_speaks_from_one_level_and_stops_at_a_lower_one() -> None:
    detector = SpeakerDetector()
    levels = [SPEAKING - 1, SPEAKING, SILENT + 1, SILENT - 1, SILENT + 1]
    assert [detector.update([("a", level)]) for level in levels] == [[], ["a"], ["a"], [], []]


def test_speakers_are_ordered_by_loudness_and_near_ties_do_not_swap() -> None:
    detector = SpeakerDetector()
    assert detector.update([("a", 80.0), ("b", 90.0)]) == ["b", "a"]
    assert detector.update([("b", 90.0), ("c", 90.0 + LEAD - 1)]) == ["b", "c"]
    assert SpeakerDetector().update([("b", 90.0), ("c", 95.0)]) == ["c", "b"]


def test_who_is_gone_speaks_no_more() -> None:
    detector = SpeakerDetector()
    detector.update([("a", 100.0)])
    assert detector.update([]) == []
