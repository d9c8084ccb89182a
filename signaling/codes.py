"""Room codes: generate them, and find them in what people type and paste.

The page does the same (`web/ui/src/lib/roomCode.ts`); both are tested with the same examples.
"""

import re
import secrets
import unicodedata
from urllib.parse import unquote_to_bytes

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""No character that is easily taken for another, read or heard."""

CODE_LENGTH = 15
"""15 characters from an alphabet of 30 are 73 bits: too many to find a room by guessing."""

MAX_PASTED = 4096
"""Characters of a text that are searched for a code: links in mails may go through redirects and be long."""

_DECODINGS = 3
"""Rounds of percent-decoding: a link may be in a link that is in a link."""

_DASH = r"\s{0,3}[-_\u2010-\u2015\u2212\u05be\u301c\u30fc]{1,2}\s{0,3}"
"""What may stand between groups: any dash, those of Japanese keyboards included, with a line break beside it."""
_LOOSE = rf"(?:{_DASH}|\.|\s{{1,3}}|)"
_STRICT = f"[{_ALPHABET}]{{5}}"
_ANY = "[a-z0-9]{5}"


def _grouped(group: str, separator: str) -> str:
    return rf"(?<![a-z0-9])({group}){separator}({group}){separator}({group})(?![a-z0-9])"


_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<![a-z0-9])r[/\\]" + _grouped(_ANY, _LOOSE).removeprefix("(?<![a-z0-9])"),
        _grouped(_STRICT, _DASH),
        _grouped(_ANY, _DASH),
        _grouped(_STRICT, _LOOSE),
    )
)
"""Codes in a text, the most certain pattern first."""
_SPELT = re.compile(r"(?:^|[:=])([^:=/\\]+)$")
"""The end of a text, which may be a code in other groups, such as one spelt letter by letter."""
_IN_LINK = re.compile(r"(?<![a-z0-9])r[/\\]([\w-]{1,64})(?![\w-])", re.ASCII)
_WORD = re.compile(r"\w[\w-]*")
_ENCODED = re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE)


def make_code() -> str:
    """Generate a room code: three groups of five, easy to read aloud."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))
    return _in_groups(letters)


def is_code(text: str) -> bool:
    """Whether a text has the form of a room's code."""
    return re.fullmatch(f"{_STRICT}(-{_STRICT}){{2}}", text) is not None


def _in_groups(letters: str) -> str:
    return "-".join(letters[start : start + 5] for start in range(0, CODE_LENGTH, 5))


def find_code(text: str) -> str | None:
    """Find the room's code in typed or pasted text: a code, a link, or a sentence or mail that contains either."""
    plain = _plain(text[:MAX_PASTED])
    for pattern in _PATTERNS:
        found = pattern.search(plain)
        if found is not None:
            return "-".join(found.groups())
    spelt = _SPELT.search(plain)
    if spelt is not None:
        letters = re.sub(r"[\W_]+", "", spelt[1])
        if re.fullmatch(r"[a-z0-9]{15}", letters):
            return _in_groups(letters)
    # Not a code that this server would generate; the server decides whether there is such a room.
    in_link = _IN_LINK.search(plain)
    if in_link is not None:
        return in_link[1]
    words = [] if re.search("[<>/]", plain) else _WORD.findall(plain)
    return words[0] if len(words) == 1 and re.fullmatch(r"[\w-]{1,64}", words[0], re.ASCII) else None


def _plain(text: str) -> str:
    """Normalise letters and digits, and remove what links and mails put around and between them."""
    text = text.replace("=\r\n", "").replace("=\n", "")
    for _ in range(_DECODINGS):
        text = _ENCODED.sub(_decoded, text)
    text = unicodedata.normalize("NFKC", text).lower()
    return "".join(character for character in text if unicodedata.category(character) != "Cf").strip()


def _decoded(run: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(run[0]).decode()
    except UnicodeDecodeError:
        return run[0]


def normalise_code(text: str) -> str:
    """Normalise a code that was typed or pasted. A text without a code is returned unchanged."""
    return find_code(text) or text


def split_link(text: str) -> tuple[str, str | None]:
    """Split a room's link into server and code. Any other text is taken as a server's address, and the code is None."""
    found = re.search(r"https?://[^\s<>\"']*?(?=/+r/)", text, re.IGNORECASE)
    code = None if found is None else find_code(text[found.start() :])
    if found is None or code is None:
        return text.strip().rstrip("/"), None
    return found[0], code
