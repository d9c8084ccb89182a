import re

import pytest

from signaling.text import CLEAN_LINE, clean_line, clean_text, is_clean_line, is_clean_text, with_line_feeds

HONEST = [
    "hello",
    "two\nlines\tand a tab",
    "\N{GRINNING FACE}",
    "\u202bשלום\u202c",
    "\u2067مرحبا\u2069",
    "a\u200db",
    "\xa0",
]
HOSTILE = [
    "\x01",
    "a\0b",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\x9f",
    "\x0b",
    "\r",
    "gpj\u202eexe",
    "\u202d",
    "\ud800",
    "\udfff",
]


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_may_be_said(text: str) -> None:
    assert is_clean_text(text)
    assert clean_text(text) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_characters_that_show_nothing_or_turn_a_text_round_may_not_be_said(text: str) -> None:
    assert not is_clean_text(f"a {text} b")
    assert not is_clean_line(f"a {text} b")
    assert is_clean_text(clean_text(f"a {text} b"))
    assert is_clean_line(clean_line(f"a {text} b"))


@pytest.mark.parametrize("text", ["a\nb", "a\tb", "a\u2028b", "a\u202bb", "a\u2067b", "a\u2069b"])
def test_a_line_stands_amid_other_text_and_leaves_it_alone(text: str) -> None:
    assert not is_clean_line(text)
    assert clean_line(text) == "ab"
    assert re.search(CLEAN_LINE, text) is None


def test_line_ends_of_all_systems_are_line_feeds() -> None:
    assert with_line_feeds("a\r\nb\rc\nd") == "a\nb\nc\nd"
    assert clean_text("a\r\nb") == "a\nb"
