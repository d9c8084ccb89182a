import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from signaling.names import (
    MAX_NAME,
    MAX_REMEMBERED,
    NameNumbers,
    NameRefusedError,
    accept_name,
    clean_name,
    name_key,
)
from tests import times
from tests.unit.signaling.people import Someone, make_room

TESTS = Path(__file__).parents[2]
EXAMPLES = json.loads((TESTS / "examples" / "names.json").read_text())
TEXTS = TESTS.parent / "web" / "ui" / "src" / "i18n"


@pytest.mark.parametrize(("text", "name"), [(each["text"], each["name"]) for each in EXAMPLES])
def test_a_name_is_cleaned_up_or_shows_nothing(text: str, name: str) -> None:
    assert clean_name(text) == name
    assert clean_name(name) == name
    if name:
        assert accept_name(text) == name
    else:
        with pytest.raises(NameRefusedError, match="Enter a name"):
            accept_name(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [("x" * 65, "longer than 64"), ("https://evil.example", "links"), ("Win at WWW.evil.example", "links")],
)
def test_what_is_refused_although_it_shows(text: str, words: str) -> None:
    with pytest.raises(NameRefusedError, match=words):
        accept_name(text)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_the_page_puts_behind_names_can_be_in_none(language: str) -> None:
    said = [
        mark
        for file in (TEXTS / language).glob("*.json")
        for text in _texts(json.loads(file.read_text()))
        for mark in re.findall(r"\{\{name\}\} (\([^()]*\))(?:$|:)", text)
    ]
    assert said
    for mark in said:
        assert clean_name(f"Ada {mark}") == "Ada"


@pytest.mark.parametrize("piece", ["(", ")", "(host)", "\u0301", "a\u0301", "\u200d", " ", "a(", "x"])
def test_long_texts_cost_little(piece: str) -> None:
    for length in (2 * MAX_NAME, 60_000):
        started = time.thread_time()
        clean_name(piece * (length // len(piece)))
        # What grows with the square of the text takes minutes.
        assert time.thread_time() - started < times.cpu_seconds(1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "anna"),
        ("Anna", "Аnnа"),
        ("Anna", "Anna (2)"),
        ("Anna Lee", "AnnaLee"),
        ("Zoë", "Zoe"),
        ("Ill", "lil"),
        ("Bob", "B0b"),
    ],
)
def test_names_that_look_alike_count_as_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_other_names_are_others() -> None:
    assert len({name_key(name) for name in ("Anna", "Hannah", "安娜", "アンナ", "🎸", "!", "?")}) == 7


def test_people_of_one_name_get_numbers_that_stay_theirs() -> None:
    numbers = NameNumbers()
    assert [numbers.shown(person, "Anna", ()) for person in ("a", "b", "c")] == ["Anna", "Anna (2)", "Anna (3)"]
    assert [numbers.shown(person, "Anna", ()) for person in ("c", "b", "a")] == ["Anna (3)", "Anna (2)", "Anna"]
    assert numbers.shown("b", "Anna (2)", ()) == "Anna (2)"
    assert numbers.shown("d", "ANNA (2)", ()) == "ANNA (4)"
    assert numbers.shown("b", "Ben", ()) == "Ben"
    assert numbers.shown("e", "Anna", ()) == "Anna (2)"
    long = "x" * MAX_NAME
    assert [len(numbers.shown(person, long, ())) for person in ("f", "g")] == [MAX_NAME, MAX_NAME]
    assert numbers.shown("g", long, ()).endswith("x (2)")
    numbers.clear()
    assert numbers.shown("z", "Anna", ()) == "Anna"


def test_numbers_of_those_who_are_gone_are_forgotten_some_day() -> None:
    numbers = NameNumbers()
    for number in range(MAX_REMEMBERED + 100):
        numbers.shown(f"p{number}", "Anna", ("p0",))
    assert len(numbers._of) == MAX_REMEMBERED
    assert numbers.shown("p0", "Anna", ()) == "Anna"
    assert numbers.shown("p1", "Anna", ()) != "Anna (2)"


def test_everyone_in_a_room_sees_people_of_one_name_told_apart() -> None:
    room = make_room(access="waiting")
    host = Someone(room, "anna", host=True)
    second = Someone(room, "ANNA", needs_admission=True)
    third = Someone(room, "Anna", needs_admission=True)
    assert [each["waiting"]["name"] for each in host.told("waiting.joined")] == ["Anna (2)", "Anna (3)"]
    room.admit([each.visitor for each in (third, second) if each.visitor is not None])
    joined = [Someone(room, each, needs_admission=True) for each in ("Anna", "ANNA")]
    assert [each.participant.name for each in joined] == ["Anna (3)", "Anna (2)"]
    assert [each["participant"]["name"] for each in host.told("participant.joined")] == ["Anna (3)", "Anna (2)"]
    for each in (*joined, host):
        each.leaves()
    assert Someone(room, "Anna", host=True).participant.name == "Anna"
