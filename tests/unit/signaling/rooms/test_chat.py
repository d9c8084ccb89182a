"""Messages that are sent again, because nobody knows whether they arrived."""

import pytest

from signaling import messages
from signaling.errors import RoomError
from signaling.rooms import chat, journal
from signaling.rooms.journal import SavedMessage, SavedRoom
from signaling.rooms.participant import CHAT_BURST
from signaling.rooms.room import Room
from tests.unit.signaling.people import Notebook, Someone, make_room


def chat_message(text: str, client_id: int | None, to: str | None = None) -> messages.Chat:
    return messages.Chat(id=1, text=text, to=to, client_id=None if client_id is None else f"{client_id:032x}")


def told(someone: Someone) -> list[tuple[str, str | None]]:
    return [(event["message"]["text"], event["message"]["client_id"]) for event in someone.told("chat")]


def said(notebook: Notebook) -> list[SavedMessage]:
    return [fact.message for fact in notebook.facts if isinstance(fact, journal.Said)]


def test_a_message_sent_again_arrives_once_and_has_the_same_id() -> None:
    notebook = Notebook()
    room = make_room(notebook)
    ada, ben = Someone(room, "ada"), Someone(room, "ben")
    first = room.say(ada.participant, chat_message("one", 1), 0.0, 1.0)
    second = room.say(ada.participant, chat_message("two", 2), 0.0, 2.0)
    assert room.say(ada.participant, chat_message("one", 1), 0.0, 3.0) == first
    assert room.say(ada.participant, chat_message("two", 2), 0.0, 4.0) == second
    assert [text for text, _ in told(ben)] == ["one", "two"]
    assert [(message.text, message.client_id) for message in said(notebook)] == [
        ("one", f"{1:032x}"),
        ("two", f"{2:032x}"),
    ]


def test_only_the_sender_is_told_the_id_of_their_client() -> None:
    room = make_room()
    ada, ben = Someone(room, "ada"), Someone(room, "ben")
    room.say(ada.participant, chat_message("one", 7), 0.0, 1.0)
    assert told(ada) == [("one", f"{7:032x}")]
    assert told(ben) == [("one", None)]
    assert [message.client_id for message in room.shown_chat(ada.participant)] == [f"{7:032x}"]
    assert [message.client_id for message in room.shown_chat(ben.participant)] == [None]


def test_the_id_is_the_sender_s_own_and_the_room_s() -> None:
    room, other = make_room(), make_room()
    ada, ben, cleo = Someone(room, "ada"), Someone(room, "ben"), Someone(other, "ada")
    for someone in (ada, ben, cleo):
        someone.room.say(someone.participant, chat_message(someone.id, 1), 0.0, 1.0)
    assert [text for text, _ in told(ben)] == [ada.id, ben.id]
    assert [text for text, _ in told(cleo)] == [cleo.id]


def test_without_an_id_the_same_words_may_be_said_twice() -> None:
    room = make_room()
    ada = Someone(room, "ada")
    for _ in range(2):
        room.say(ada.participant, chat_message("yes", None), 0.0, 1.0)
    assert told(ada) == [("yes", None)] * 2


def test_it_is_known_under_another_participant_of_the_same_person() -> None:
    room = make_room()
    before, ben = Someone(room, "ada"), Someone(room, "ben")
    first = room.say(before.participant, chat_message("one", 1), 0.0, 1.0)
    before.leaves()
    again = Someone(room, "ada")
    assert room.say(again.participant, chat_message("one", 1), 0.0, 2.0) == first
    assert len(told(ben)) == 1


def test_a_refused_message_may_be_sent_again() -> None:
    room = make_room()
    ada = Someone(room, "ada")
    for number in range(CHAT_BURST):
        room.say(ada.participant, chat_message("spam", number), 0.0, 1.0)
    with pytest.raises(RoomError):
        room.say(ada.participant, chat_message("late", 99), 0.0, 1.0)
    # What arrived is known to have arrived, however fast that is asked.
    room.say(ada.participant, chat_message("spam", 0), 0.0, 1.0)
    room.say(ada.participant, chat_message("late", 99), 60.0, 1.0)
    assert told(ada)[-1][0] == "late"
    assert len(told(ada)) == CHAT_BURST + 1


def test_what_a_host_deleted_does_not_come_back() -> None:
    room = make_room()
    ada, ben = Someone(room, "ada"), Someone(room, "ben")
    message = room.say(ben.participant, chat_message("oops", 1), 0.0, 1.0)
    ada.does(messages.DeleteChat(message=message))
    assert room.say(ben.participant, chat_message("oops", 1), 0.0, 2.0) == message
    assert len(told(ada)) == 1
    assert room.shown_chat(ada.participant) == []


def test_it_is_known_after_a_restart_also_when_it_is_no_longer_shown() -> None:
    info = messages.Room(id="id", code="code", title="title")
    kept = SavedMessage(5, "ada", "Ada", "one", None, None, 1.0, client_id=f"{1:032x}")
    sent = {("ada", f"{1:032x}"): 5, ("ada", f"{2:032x}"): 3}
    room = Room(SavedRoom(info, chat=[kept], sent=sent), make_room().plane)
    ada, ben = Someone(room, "ada"), Someone(room, "ben")
    assert room.say(ada.participant, chat_message("one", 1), 0.0, 1.0) == 5
    assert room.say(ada.participant, chat_message("two", 2), 0.0, 1.0) == 3
    assert room.say(ada.participant, chat_message("three", 3), 0.0, 1.0) > 5
    assert told(ben) == [("three", None)]


def test_a_room_remembers_no_more_than_it_has_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "MAX_SENT", 10)
    room = make_room()
    ada = Someone(room, "ada")
    for number in range(25):
        room.say(ada.participant, chat_message("x", number), 60.0 * number, float(number))
    assert len(room.chat._sent) == 10
    last = room.chat._sent["ada", f"{24:032x}"]
    assert room.say(ada.participant, chat_message("x", 24), 2000.0, 99.0) == last
