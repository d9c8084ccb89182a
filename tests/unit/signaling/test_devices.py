"""A person in a room more than once: on several devices, or on one that has joined again."""

import pytest

from signaling import messages
from signaling.errors import RoomError
from signaling.limits import DEVICES_PER_PERSON, GUESTS_PER_ADDRESS, MAX_VISITORS_PER_ADDRESS
from signaling.rooms.admission import Caps
from signaling.rooms.muting import tell_muted
from signaling.rooms.room import Room
from tests.unit.signaling.people import Someone, make_room

PHONE, LAPTOP = "a" * 32, "b" * 32


def refused(room: Room, name: str, code: str, **how: object) -> None:
    with pytest.raises(RoomError) as caught:
        Someone(room, name, **how)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_device_that_joins_again_replaces_what_it_was() -> None:
    room = make_room()
    ben = Someone(room, "ben")
    before = Someone(room, "ada", device=PHONE)
    before.participant.started.add("microphone")
    again = Someone(room, "ada", device=PHONE)
    assert before.bye == "replaced"
    assert set(room.participants) == {ben.id, again.id}
    assert [event["participant"]["id"] for event in ben.told("participant.joined")] == [before.id, again.id]
    assert [(event["participant"], event["why"]) for event in ben.told("participant.left")] == [(before.id, "replaced")]
    assert again.participant.started == {"microphone"}
    assert again.participant.chat_limit is before.participant.chat_limit


def test_two_devices_of_a_person_live_side_by_side() -> None:
    room = make_room()
    people = [Someone(room, "ada", device=device) for device in (PHONE, LAPTOP, "", "")]
    assert len(room.participants) == 4
    assert all(person.inside and person.bye is None for person in people)


def test_the_same_device_of_another_person_is_another_device() -> None:
    room = make_room()
    ada, mallory = Someone(room, "ada", device=PHONE), Someone(room, "mallory", device=PHONE)
    assert ada.inside
    assert mallory.inside


def test_the_only_one_in_a_room_joins_again_and_the_call_goes_on() -> None:
    room = make_room()
    ada = Someone(room, "ada", device=PHONE)
    ada.does(messages.Lock(locked=True))
    again = Someone(room, "ada", device=PHONE)
    assert again.is_host
    assert room.info.locked
    assert room.empty_since is None
    assert room.state == "active"


def test_a_full_room_takes_back_the_same_device_and_nobody_else() -> None:
    room = make_room(capacity=2)
    Someone(room, "ada")
    Someone(room, "ben", device=PHONE)
    refused(room, "ben", "room_full", device=LAPTOP)
    refused(room, "cleo", "room_full")
    assert Someone(room, "ben", device=PHONE).inside
    assert len(room.participants) == 2


def test_a_full_room_takes_back_a_person_whose_connection_is_lost() -> None:
    room = make_room(capacity=2)
    ben, ghost = Someone(room, "ben"), Someone(room, "ada", device=PHONE)
    refused(room, "ada", "room_full", device=LAPTOP)
    ghost.participant.resume_until = 30.0
    refused(room, "cleo", "room_full", device=LAPTOP)
    assert room.count_without(ghost.participant.who) == 1
    again = Someone(room, "ada", device=LAPTOP)
    assert set(room.participants) == {ben.id, again.id}
    assert [event["why"] for event in ben.told("participant.left")] == ["replaced"]


def test_where_there_is_room_a_lost_device_is_waited_for() -> None:
    room = make_room(capacity=3)
    Someone(room, "ben")
    phone = Someone(room, "ada", device=PHONE)
    phone.participant.resume_until = 30.0
    Someone(room, "ada", device=LAPTOP)
    assert phone.inside


def test_a_host_comes_in_over_the_capacity_once_and_makes_no_room_for_others() -> None:
    room = make_room(owner="ada", capacity=2)
    ben, cleo = Someone(room, "ben"), Someone(room, "cleo")
    ada = Someone(room, "ada", guest=False, host=True, device=PHONE)
    refused(room, "dan", "room_full")
    refused(room, "ada", "room_full", guest=False, host=True, device=LAPTOP)
    assert Someone(room, "ada", guest=False, host=True, device=PHONE).inside
    assert not ada.inside
    ben.leaves()
    refused(room, "dan", "room_full")
    cleo.leaves()
    assert Someone(room, "dan").inside


def test_a_person_is_in_a_room_so_many_times_at_most() -> None:
    room = make_room(owner="ada")
    for number in range(DEVICES_PER_PERSON):
        Someone(room, "ada", guest=False, host=True, device=f"{number:032x}")
    refused(room, "ada", "too_many", guest=False, host=True, device=PHONE)
    refused(room, "ada", "too_many", guest=False, host=True)
    assert Someone(room, "ada", guest=False, host=True, device=f"{3:032x}").inside
    assert Someone(room, "ben").inside


def test_who_waits_counts_for_the_caps_too() -> None:
    room = make_room(access="waiting")
    host = Someone(room, "host")
    devices = [f"{number:032x}" for number in range(DEVICES_PER_PERSON)]
    waiting = [Someone(room, "ada", needs_admission=True, device=device) for device in devices]
    refused(room, "ada", "too_many", needs_admission=True, device=PHONE)
    host.does(messages.Deny(waiting=waiting[0].visitor.id if waiting[0].visitor is not None else ""))
    assert Someone(room, "ada", needs_admission=True, device=PHONE).visitor is not None


def test_a_device_that_waits_again_replaces_itself() -> None:
    room = make_room(access="waiting")
    host = Someone(room, "host")
    before = Someone(room, "ada", needs_admission=True, device=PHONE)
    again = Someone(room, "ada", needs_admission=True, device=PHONE)
    assert before.bye == "replaced"
    assert again.visitor is not None
    assert list(room.admission.visitors) == [again.visitor.id]
    assert len(host.told("waiting.left")) == 1


def test_guests_of_one_address_are_so_many_at_most_and_accounts_are_not_counted() -> None:
    room = make_room()
    room.admission.caps = Caps(guests_per_address=3)
    guests = [Someone(room, f"guest {number}", address="office", device=PHONE) for number in range(3)]
    refused(room, "one more", "room_full", address="office")
    assert Someone(room, "guest 1", address="office", device=PHONE).inside
    assert Someone(room, "colleague", address="office", guest=False).inside
    assert Someone(room, "elsewhere", address="home").inside
    guests[0].leaves()
    assert Someone(room, "one more", address="office").inside


def test_an_office_behind_one_address_comes_in() -> None:
    room = make_room()
    for number in range(GUESTS_PER_ADDRESS):
        Someone(room, f"guest {number}", address="office")
    refused(room, "one more", "room_full", address="office")


def test_one_address_does_not_fill_the_waiting_room() -> None:
    room = make_room(access="waiting")
    Someone(room, "host")
    for number in range(MAX_VISITORS_PER_ADDRESS):
        Someone(room, f"guest {number}", needs_admission=True, address="bad")
    refused(room, "one more", "room_full", needs_admission=True, address="bad")
    assert Someone(room, "ada", needs_admission=True, address="home").visitor is not None


def test_without_caps_any_number_comes_in() -> None:
    room = make_room()
    room.admission.caps = Caps(None, None)
    for _ in range(GUESTS_PER_ADDRESS + 10):
        Someone(room, "load test", address="here")
    assert len(room.participants) == GUESTS_PER_ADDRESS + 10


def test_clients_of_the_first_release_are_told_one_by_one_of_many_that_were_muted() -> None:
    room = make_room()
    people = [Someone(room, name, features=("publications.muted",) * (name == "new")) for name in ("old", "new", "x")]
    for person in people:
        publication = messages.Publication(
            id=f"{person.id}.camera", participant=person.id, source="camera", kind="video", muted=True
        )
        person.participant.publications["camera"] = publication
    publications = [person.participant.publications["camera"] for person in people]
    tell_muted(room, publications, people[0].participant)
    old, new, _ = people
    assert [event["publication"]["id"] for event in old.told("publication.updated")] == [
        each.id for each in publications
    ]
    assert old.told("publications.muted") == []
    assert [event["publications"] for event in new.told("publications.muted")] == [[each.id for each in publications]]
    assert new.told("publication.updated") == []
