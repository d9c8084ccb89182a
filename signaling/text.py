"""Which characters may stand in what people write for others: chat, reactions, titles of rooms.

Control characters show nothing, and each takes six bytes in JSON. The overrides of text direction make a text read
backwards, so that "gpj.exe" looks like a picture. Marks, embeddings and isolates of direction are part of honest Arabic
and Hebrew text; where a message stands in an element of its own they end with it, so chat may hold them. Texts that
stand amid others' may not.
"""

import re

_IN_NO_TEXT = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e"
"""C0 but for tab and line feed, DEL, C1; overrides of direction."""
_IN_NO_LINE = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""The same, line ends of all kinds, and whatever turns the direction of what follows."""
_SURROGATES = r"\ud800-\udfff"
"""Halves of characters, which UTF-8 can't carry."""

CLEAN_LINE = f"^[^{_IN_NO_LINE}]*$"
"""What `is_clean_line` accepts, as a regular expression of JSON Schema."""

_NOT_IN_TEXT = re.compile(f"[{_IN_NO_TEXT}{_SURROGATES}]")
_NOT_IN_LINE = re.compile(f"[{_IN_NO_LINE}{_SURROGATES}]")


def with_line_feeds(text: str) -> str:
    """The same text with each line ended by a line feed alone, as by browsers."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_clean_text(text: str) -> bool:
    """Whether a text of several lines can be shown to others."""
    return _NOT_IN_TEXT.search(text) is None


def is_clean_line(text: str) -> bool:
    """Whether a text of one line, such as a title, can be shown amid other text."""
    return _NOT_IN_LINE.search(text) is None


def clean_text(text: str) -> str:
    """What can be shown of a text that was kept before it was looked at."""
    return _NOT_IN_TEXT.sub("", with_line_feeds(text))


def clean_line(text: str) -> str:
    """The same for a text of one line."""
    return _NOT_IN_LINE.sub("", text)
