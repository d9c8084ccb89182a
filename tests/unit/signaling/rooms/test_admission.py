import pytest

from signaling import messages
from signaling.errors import RoomError
from signaling.limits import MAX_VISITORS
from signaling.rooms.admission import MAX_KNOWN, Admission, Caps
from signaling.rooms.journal import PresenceChanged, StateChanged
from signaling.rooms.participant import Person
from tests.unit.signaling.people import Notebook, Someone, make_room


def refused(*arguments: object, **options: object) -> str:
    with pytest.raises(RoomError) as caught:
        Someone(*arguments, **options)  # type: ignore[arg-type]
    return caught.value.code


def test_a_locked_room_takes_hosts_and_those_who_were_in_the_call() -> None:
    room = make_room(owner="ada")
    ada, ben = Someone(room, "ada", guest=False, host=True), Someone(room, "ben")
    ada.does(messages.Lock(locked=True))
    assert ben.told("room.updated")[-1]["room"]["locked"] is True
    assert refused(room, "cem") == "room_locked"
    ben.leaves()
    assert Someone(room, "ben").inside
    assert Someone(room, "ada", guest=False, host=True).inside


def test_a_lock_of_the_call_ends_with_it_and_one_of_the_settings_does_not() -> None:
    for by_setting in (False, True):
        room = make_room(owner="ada", locked=by_setting)
        ada = Someone(room, "ada", guest=False, host=True)
        ada.does(messages.Lock(locked=True))
        ada.leaves()
        assert room.info.locked is by_setting


def test_capacity_counts_and_hosts_come_in_all_the_same() -> None:
    room = make_room(owner="ada", capacity=2)
    ben = Someone(room, "ben")
    Someone(room, "cem")
    assert refused(room, "dan") == "room_full"
    assert Someone(room, "ada", guest=False, host=True).inside
    ben.leaves()
    assert refused(room, "dan") == "room_full"


def test_a_host_lets_in_who_waits() -> None:
    room = make_room(owner="ada", access="waiting")
    early = Someone(room, "ben", needs_admission=True)
    assert early.visitor is not None
    ada = Someone(room, "ada", guest=False, host=True)
    assert [each.name for each in room.waiting_list(ada.participant)] == ["Ben"]
    late = Someone(room, "cem", needs_admission=True)
    assert late.visitor is not None
    assert [event["waiting"]["name"] for event in ada.told("waiting.joined")] == ["Cem"]
    ada.does(messages.Admit(waiting=late.visitor.id))
    assert (early.admitted, late.admitted) == (False, True)
    ada.does(messages.Admit())
    assert early.admitted
    assert [event["waiting"] for event in ada.told("waiting.left")] == [late.visitor.id, early.visitor.id]
    inside = Someone(room, "cem", needs_admission=True)
    assert inside.visitor is None
    inside.leaves()
    assert Someone(room, "cem", needs_admission=True).visitor is None


def test_who_is_denied_is_told_and_disconnected() -> None:
    room = make_room(owner="ada")
    ada, ben = Someone(room, "ada", guest=False, host=True), Someone(room, "ben", needs_admission=True)
    assert ben.visitor is not None
    ada.does(messages.Deny(waiting=ben.visitor.id))
    assert (ben.bye, ben.admitted) == ("denied", False)
    with pytest.raises(RoomError):
        ada.does(messages.Deny(waiting=ben.visitor.id))


def test_only_hosts_hear_of_those_who_wait() -> None:
    room = make_room(owner="ada")
    ada, ben = Someone(room, "ada", guest=False, host=True), Someone(room, "ben")
    Someone(room, "cem", needs_admission=True)
    assert len(ada.told("waiting.joined")) == 1
    assert ben.told("waiting.joined") == []
    assert room.waiting_list(ben.participant) == []
    ada.does(messages.MakeHost(participant=ben.id))
    assert [each["name"] for each in ben.told("rights.updated")[-1]["waiting"]] == ["Cem"]


def test_no_more_than_so_many_wait() -> None:
    room = make_room()
    for number in range(MAX_VISITORS):
        Someone(room, f"p{number}", needs_admission=True)
    assert refused(room, "one more", needs_admission=True) == "room_full"


def test_a_room_that_opens_lets_everyone_in() -> None:
    room = make_room(access="waiting")
    ben = Someone(room, "ben", needs_admission=True)
    room.change(room.info.model_copy(update={"access": "members"}))
    assert not ben.admitted
    room.change(room.info.model_copy(update={"access": "open"}))
    assert ben.admitted


def test_a_removed_guest_who_comes_under_another_name_has_to_be_let_in() -> None:
    room = make_room(owner="ada")
    ada = Someone(room, "ada", guest=False, host=True, address="x")
    ben = Someone(room, "ben", address="x")
    neighbour = Someone(room, "neighbour", address="x")
    ada.does(messages.Remove(participant=ben.id))
    assert refused(room, "ben", address="x") == "removed"
    disguised = Someone(room, "not ben", address="x")
    assert disguised.visitor is not None
    assert Someone(room, "cem", address="y").visitor is None
    assert Someone(room, "dan", guest=False, address="x").visitor is None
    neighbour.leaves()
    assert Someone(room, "neighbour", address="x").visitor is None


def test_behind_a_proxy_that_is_not_named_nobody_waits_for_another_s_sake() -> None:
    door = Admission(())
    door.remove(Person("troll", "Troll", address="x", shares_address=True))
    assert not door.has_to_wait(Person("ben", "Ben", address="x", shares_address=True), by_setting=False)
    door.remove(Person("eve", "Eve", address="x"))
    assert door.has_to_wait(Person("cleo", "Cleo", address="x"), by_setting=False)
    assert not door.has_to_wait(Person("ben", "Ben", address="x", shares_address=True), by_setting=False)


def test_the_address_of_someone_vouched_for_counts_only_once_they_were_removed() -> None:
    door = Admission(())
    tom, mia = (Person(name, name, address="x", vouched=True) for name in ("tom", "mia"))
    ben, cleo = (Person(name, name, address="x") for name in ("ben", "cleo"))
    door.caps = Caps(guests_per_address=1)
    door.check_caps(tom, [mia, ben])
    door.check_caps(ben, [tom, mia])
    with pytest.raises(RoomError):
        door.check_caps(ben, [cleo])
    assert not door.has_to_wait(ben, by_setting=False)
    door.remove(tom)
    assert door.has_to_wait(ben, by_setting=False)
    assert not door.has_to_wait(mia, by_setting=False)


def test_the_first_who_left_are_forgotten_and_nobody_who_is_inside() -> None:
    room = make_room(owner="ada")
    ada = Someone(room, "ada", guest=False, host=True)
    left = [Someone(room, name) for name in ("ben", "cem", "dan")]
    phone = Someone(room, "eve")
    for each in left:
        each.leaves()
    Someone(room, "cem").leaves()  # not among the oldest any more
    for number in range(MAX_KNOWN - 3):  # ada, eve and cem have the other places
        room.admission.enter(Person(f"passer-by {number}", "P"))
        assert len(room.admission._known) <= MAX_KNOWN
    ada.does(messages.Lock(locked=True))
    assert (refused(room, "ben"), refused(room, "dan")) == ("room_locked", "room_locked")
    assert Someone(room, "cem").inside
    phone.leaves()
    assert Someone(room, "eve").inside
    assert refused(room, "newcomer") == "room_locked"


def test_after_the_call_the_removed_may_come_and_the_banned_may_not() -> None:
    room = make_room(owner="ada")
    ada, ben, cem = Someone(room, "ada", guest=False, host=True), Someone(room, "ben"), Someone(room, "cem")
    ada.does(messages.Remove(participant=ben.id))
    ada.does(messages.Ban(participant=cem.id))
    assert (refused(room, "ben"), refused(room, "cem")) == ("removed", "banned")
    ada.leaves()
    assert Someone(room, "ben").inside
    assert refused(room, "cem") == "banned"


def test_a_banned_host_is_kept_out_too() -> None:
    room = make_room(owner="ada")
    room.admission.banned.add("ben")
    assert refused(room, "ben", guest=False, host=True) == "banned"


def test_the_room_s_life_is_written_down() -> None:
    notebook = Notebook()
    room = make_room(notebook, owner="ada")
    ada = Someone(room, "ada", guest=False, host=True)
    ada.leaves()
    assert notebook.facts == [
        StateChanged("id", "active"),
        PresenceChanged("id", "ada", "Ada", "joined"),
        PresenceChanged("id", "ada", "Ada", "left"),
        StateChanged("id", "waiting"),
    ]


def test_when_the_server_ends_all_have_left_and_the_room_stays_in_use() -> None:
    notebook = Notebook()
    room = make_room(notebook)
    Someone(room, "ada")
    room.interrupt()
    assert notebook.facts[-1] == PresenceChanged("id", "ada", "Ada", "left")
    assert room.state == "active"


def test_nobody_comes_into_a_room_that_has_ended() -> None:
    room = make_room()
    room.advance("timed_out")
    assert refused(room, "ada") == "not_found"


def test_ending_the_call_sends_out_all_and_those_who_wait() -> None:
    room = make_room()
    ada, ben, cem = Someone(room, "ada"), Someone(room, "ben"), Someone(room, "cem", needs_admission=True)
    ada.does(messages.End(), now=7.0)
    assert [each.bye for each in (ada, ben, cem)] == ["ended"] * 3
    assert (room.participants, room.admission.visitors, room.state, room.empty_since) == ({}, {}, "waiting", 7.0)
    assert Someone(room, "ben").inside


def test_everyone_is_known_whether_in_or_waiting() -> None:
    room = make_room()
    Someone(room, "ada")
    Someone(room, "ben", needs_admission=True)
    assert [person.id for person in room.everyone()] == ["ada", "ben"]
    assert isinstance(room.everyone()[0], Person)
