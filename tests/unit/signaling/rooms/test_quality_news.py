from sfu.plane import QualityChanged, QualityLevel
from signaling.rooms.quality_news import AT_ONCE, QualityNews
from tests.unit.signaling.people import Someone, make_room


def change(member: str, level: QualityLevel = "poor") -> QualityChanged:
    return QualityChanged("room", member, 1, level, 0.1, None)


def test_a_few_changes_are_told_at_once() -> None:
    news = QualityNews()
    for _ in range(3):
        assert all(news.at_once(change(str(number))) for number in range(AT_ONCE))
        assert news.later() == []


def test_of_many_the_rest_is_told_later_in_turn_the_latest_of_each_person() -> None:
    news = QualityNews()
    for number in range(3 * AT_ONCE):
        assert news.at_once(change(str(number))) == (number < AT_ONCE)
    assert not news.at_once(change(str(AT_ONCE), "lost"))
    first, second, third = news.later(), news.later(), news.later()
    assert [each.member for each in first + second] == [str(number) for number in range(AT_ONCE, 3 * AT_ONCE)]
    assert [each.level for each in first] == ["lost"] + ["poor"] * (AT_ONCE - 1)
    assert third == []


def test_without_an_end_nobody_is_told_more_than_the_limit_and_nobody_waits_for_ever() -> None:
    news = QualityNews()
    told: list[str] = []
    for tick in range(100):
        for number in range(40):
            if news.at_once(change(str(number))):
                told.append(str(number))
        found = news.later()
        assert len(found) <= AT_ONCE
        told += [each.member for each in found]
        assert len(told) <= (tick + 2) * AT_ONCE
    assert {told.count(str(number)) for number in range(40)} <= set(range(11, 15))


def test_a_room_tells_of_those_who_are_still_there() -> None:
    room = make_room()
    people = [Someone(room, f"p{number}") for number in range(AT_ONCE + 2)]
    for someone in people:
        someone.participant.media.epoch = 1
        room.take(QualityChanged(room.id, someone.id, 1, "poor", 0.25, 0.0123))
    assert len(people[0].told("quality")) == AT_ONCE
    people[-2].leaves()
    list(room.chores(1.0))
    told = people[0].told("quality")
    assert [event["participant"] for event in told] == [each.id for each in (*people[:AT_ONCE], people[-1])]
    assert told[-1] == {
        "type": "quality", "participant": people[-1].id, "quality": "poor", "loss": 0.25, "round_trip_ms": 12.3,
    }  # fmt: skip
