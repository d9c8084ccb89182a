"""How much chat is kept and sent, and which characters it may have."""

import pytest

from signaling.errors import RoomError
from signaling.limits import CHAT_BYTES, PAGE_BYTES, size_of
from signaling.messages import Chat
from signaling.rooms.chat import MAX_CHAT, ChatLog, cleaned, cost_of, latest, shown
from signaling.rooms.journal import SavedMessage
from tests.unit.signaling.people import Someone, make_room

WORST = '"\\\n\N{GRINNING FACE}' * 1000
"""4,000 characters, of which each takes as many bytes in JSON as an allowed one can."""


def message(number: int, text: str = "x") -> SavedMessage:
    return SavedMessage(number, "ada", "Ada \N{GRINNING FACE}" * 10, text, "bo", "B" * 64, 1e9 + number / 3)


@pytest.mark.parametrize("text", ["x", WORST, "\N{GRINNING FACE}" * 4000, '"' * 4000])
def test_a_message_costs_at_least_what_it_takes_when_it_is_sent(text: str) -> None:
    sent = shown(message(2**52, text), "ada", lambda _: "p" * 64, lambda _: "k" * 32).model_dump_json()
    assert size_of(sent) <= cost_of(message(2**52, text)) < size_of(sent) + 500


def test_the_latest_messages_are_kept_up_to_a_number_and_to_a_size() -> None:
    short, long = (ChatLog(message(number, text) for number in range(300)) for text in ("x", WORST))
    assert [each.id for each in short.readable_by("ada")] == list(range(300 - MAX_CHAT, 300))
    kept = long.readable_by("ada")
    assert 10 < len(kept) < MAX_CHAT
    assert kept[-1].id == 299
    assert sum(map(cost_of, kept)) <= CHAT_BYTES
    for each in kept:
        long.remove(each.id)
        long.remove(each.id)
    assert long._bytes == 0


def test_a_page_is_bounded_in_bytes_and_has_the_latest() -> None:
    page = latest([message(number, WORST) for number in range(100)], PAGE_BYTES)
    assert 10 < len(page) < 100
    assert [each.id for each in page] == list(range(100 - len(page), 100))
    assert latest([message(1)], PAGE_BYTES) == [message(1)]


def test_messages_from_before_texts_were_looked_at_are_shown_without_what_shows_nothing() -> None:
    assert cleaned(message(1, "a\x01\r\nb")).text == "a\nb"
    assert cleaned(message(1, "\x01" * 4000)).text == "\N{REPLACEMENT CHARACTER}"
    assert cleaned(SavedMessage(1, "a", "A\nda", "x", None, None, 0.0)).sender_name == "Ada"


@pytest.mark.parametrize("text", ["\x01" * 4000, "a\0", "a\x1bb", "gpj\u202eexe"])
def test_control_characters_are_refused(text: str) -> None:
    room = make_room()
    ada = Someone(room, "ada")
    with pytest.raises(RoomError) as caught:
        room.say(ada.participant, Chat(id=1, text=text), 1.0, 1.0)
    assert caught.value.code == "bad_message"
    with pytest.raises(RoomError) as caught:
        room.react(ada.participant, text)
    assert caught.value.code == "bad_message"
    room.say(ada.participant, Chat(id=1, text="two\r\nlines\tand a tab"), 1.0, 1.0)
    assert [each["message"]["text"] for each in ada.told("chat")] == ["two\nlines\tand a tab"]
