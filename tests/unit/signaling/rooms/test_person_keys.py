"""Knowing a person again who left and came back, and nobody by more than that."""

import pytest

from signaling import messages
from signaling.errors import RoomError
from signaling.messages import Room as Info
from signaling.rooms.chat import receiver_of
from signaling.rooms.journal import SavedRoom
from signaling.rooms.person_keys import PersonKeys
from signaling.rooms.room import Room
from tests.unit.signaling.people import ManualPlane, Someone, make_room


def say(someone: Someone, text: str, to: str | None) -> None:
    someone.room.say(someone.participant, messages.Chat(id=1, text=text, to=to), 0.0, 1.0)


def told(someone: Someone) -> list[str]:
    return [event["message"]["text"] for event in someone.told("chat")]


def key(someone: Someone) -> str:
    return someone.participant.describe().person


def room_with(secret: bytes, room: str = "id") -> Room:
    return Room(SavedRoom(Info(id=room, code="code", title="title")), ManualPlane(), secret=secret)


def test_a_person_keeps_the_key_with_every_new_id_and_others_have_another() -> None:
    room = make_room()
    ada, ben = Someone(room, "ada"), Someone(room, "ben")
    assert key(ada) != key(ben)
    ben.leaves()
    again = Someone(room, "ben", device="another")
    assert again.id != ben.id
    assert key(again) == key(ben)
    [joined] = ada.told("participant.joined")[-1:]
    assert joined["participant"]["person"] == key(ben)


def test_a_key_outlives_the_process_and_is_another_in_another_room_or_server() -> None:
    one, later = Someone(room_with(b"s" * 32), "ben"), Someone(room_with(b"s" * 32), "ben")
    assert key(one) == key(later)
    elsewhere = [Someone(room_with(b"s" * 32, "other"), "ben"), Someone(room_with(b"t" * 32), "ben")]
    assert len({key(one), *map(key, elsewhere)}) == 3


def test_a_key_does_not_tell_who_it_is() -> None:
    assert "ben" not in PersonKeys("id", b"s").of("ben")
    assert len(PersonKeys("id", b"s").of("ben")) == 32


def test_a_message_to_a_person_reaches_every_participant_they_have_now_and_nobody_else() -> None:
    room = make_room()
    ada, ben, cleo = Someone(room, "ada"), Someone(room, "ben"), Someone(room, "cleo")
    to = key(ben)
    ben.leaves()
    phone, laptop = Someone(room, "ben", device="phone"), Someone(room, "ben", device="laptop")
    say(ada, "for Ben", to)
    assert [told(each) for each in (ada, phone, laptop, cleo)] == [["for Ben"]] * 3 + [[]]
    [message] = [event["message"] for event in phone.told("chat")]
    assert (message["to"], message["to_name"]) == (laptop.id, "Ben")


@pytest.mark.parametrize("by", ["id", "person"])
def test_a_message_to_somebody_who_has_left_goes_to_nobody(by: str) -> None:
    room = make_room()
    ada, ben, cleo = Someone(room, "ada"), Someone(room, "ben"), Someone(room, "cleo")
    ben.leaves()
    with pytest.raises(RoomError) as refused:
        say(ada, "for Ben", ben.id if by == "id" else key(ben))
    assert refused.value.code == "not_found"
    assert told(cleo) == told(ada) == []


def test_of_two_tabs_of_one_browser_the_other_one_is_written_to() -> None:
    room = make_room()
    tab, other = Someone(room, "ada", device="one"), Someone(room, "ada", device="two")
    for writer, reader in ((tab, other), (other, tab)):
        say(writer, "psst", key(reader))
        assert writer.told("chat")[-1]["message"]["to_name"] == "Ada"
    receivers = [receiver_of(key(tab), each.participant, room.participants) for each in (tab, other)]
    assert receivers == [other.participant, tab.participant]


def test_a_message_names_its_sender_also_when_they_have_left_and_are_back() -> None:
    room = make_room()
    ada, ben = Someone(room, "ada"), Someone(room, "ben")
    say(ben, "one", None)
    ben.leaves()
    [message] = room.shown_chat(ada.participant)
    assert (message.sender, message.sender_person) == ("", key(ben))
    again = Someone(room, "ben")
    [message] = room.shown_chat(ada.participant)
    assert (message.sender, message.sender_person) == (again.id, key(ben))
