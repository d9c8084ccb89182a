"""Which characters are allowed in text that people write for others: chat, reactions, titles of rooms.

Control characters are invisible, and each takes six bytes in JSON. Overrides of text direction make a text read
backwards, so that "gpj.exe" looks like a picture. Marks, embeddings and isolates of direction are part of ordinary
Arabic and Hebrew text. A chat message is shown in an element of its own, where their effect ends, so chat may contain
them. Text that is shown within other text may not.
"""

import re

_IN_NO_TEXT = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e"
"""C0 except for tab and line feed, DEL, C1; overrides of direction."""
_IN_NO_LINE = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""The same, and also line ends of all kinds and everything that changes the direction of what follows."""
_SURROGATES = r"\ud800-\udfff"
"""Halves of characters, which UTF-8 can't carry."""

CLEAN_LINE = f"^[^{_IN_NO_LINE}]*$"
"""What `is_clean_line` accepts, as a regular expression of JSON Schema."""

_NOT_IN_TEXT = re.compile(f"[{_IN_NO_TEXT}{_SURROGATES}]")
_NOT_IN_LINE = re.compile(f"[{_IN_NO_LINE}{_SURROGATES}]")


def with_line_feeds(text: str) -> str:
    """Convert line ends to line feeds, as browsers do."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_clean_text(text: str) -> bool:
    """Whether a text of several lines may be shown to others."""
    return _NOT_IN_TEXT.search(text) is None


def is_clean_line(text: str) -> bool:
    """Whether a text of one line, such as a title, may be shown within other text."""
    return _NOT_IN_LINE.search(text) is None


def clean_text(text: str) -> str:
    """Remove what may not be shown from a text that was stored before texts were checked."""
    return _NOT_IN_TEXT.sub("", with_line_feeds(text))


def clean_line(text: str) -> str:
    """Do the same for a text of one line."""
    return _NOT_IN_LINE.sub("", text)
