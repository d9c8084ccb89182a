"""Publishers are told which encodings of their video anyone watches."""

from signaling.messages import Encoding, Publish, SlotWatch
from signaling.rooms.room import Room
from tests.coroutines import at_once
from tests.unit.signaling.offers import FULL
from tests.unit.signaling.people import Someone, make_room, plane_of

HOSTS = ["192.0.2.1"]
SIZES = [Encoding(rid="q", height=180), Encoding(rid="h", height=360), Encoding(rid="f", height=720)]


def publisher(room: Room, features: tuple[str, ...] = ("layers.wanted",)) -> Someone:
    someone = Someone(room, "ada", features=features, device="d")
    publish(room, someone)
    return someone


def publish(room: Room, someone: Someone) -> None:
    at_once(room.offer(someone.participant, FULL, HOSTS))
    room.publish(someone.participant, Publish(id=1, mid="0", source="microphone"))
    room.publish(someone.participant, Publish(id=2, mid="1", source="camera", encodings=SIZES))


def pass_time(room: Room, seconds: float) -> None:
    plane = plane_of(room)
    until = plane.now + seconds
    while plane.now < until:
        plane.pass_time(plane.now + 0.2)


def wanted(someone: Someone) -> list[list[dict[str, object]]]:
    return [event["sources"] for event in someone.told("layers.wanted")]


def camera(*rids: str) -> list[dict[str, object]]:
    return [{"source": "camera", "rids": list(rids)}]


def test_a_publisher_is_told_once_when_it_changes_and_nobody_else_is() -> None:
    room = make_room()
    ada = publisher(room)
    pass_time(room, 2.0)
    assert wanted(ada) == [camera()]
    bob = Someone(room, "bob", features=("layers.wanted",))
    at_once(room.offer(bob.participant, FULL, HOSTS))
    room.watch(bob.participant, [SlotWatch(slot="4", publication=f"{ada.id}.camera", height=360)])
    plane_of(room).settle()
    pass_time(room, 2.0)
    assert wanted(ada) == [camera(), camera("q", "h")]
    room.lock(locked=True)
    room.mute(ada.participant, "camera", muted=True)
    pass_time(room, 2.0)
    bob.leaves()
    pass_time(room, 2.0)
    assert wanted(ada) == [camera(), camera("q", "h"), camera()]
    assert wanted(bob) == []


def test_in_another_connection_all_are_on_at_first() -> None:
    room = make_room()
    ada = publisher(room)
    pass_time(room, 2.0)
    ada.participant.detach(ada._take)
    again = publisher(room)
    pass_time(room, 1.0)
    assert wanted(again) == []
    pass_time(room, 1.0)
    assert wanted(again) == [camera()]


def test_what_was_missed_is_told_after_resume() -> None:
    room = make_room()
    ada = publisher(room)
    ada.participant.detach(ada._take)
    last = ada.participant.last_event
    pass_time(room, 2.0)
    missed = [body.text for _, body in ada.participant.missed(last)]
    assert [("layers.wanted" in text, '"rids":[]' in text) for text in missed] == [(True, True)]


def test_a_source_that_is_published_again_in_its_section_keeps_what_was_told() -> None:
    room = make_room()
    ada = publisher(room)
    pass_time(room, 2.0)
    room.unpublish(ada.participant, "camera")
    publish(room, ada)
    pass_time(room, 2.0)
    assert wanted(ada) == [camera()]


def test_clients_that_do_not_know_it_are_not_told() -> None:
    room = make_room()
    ada = publisher(room, features=())
    pass_time(room, 2.0)
    assert wanted(ada) == []
