"""Names as others see them: cleaned up, without imitations of the page's own marks, and unique in a call.

A name appears within other text, and the page adds its marks in brackets after it: "Ada (you)", "Ada (2)".
"""

import re
import unicodedata
from collections.abc import Container

MAX_NAME = 64
"""Characters of a name."""
MAX_MARKS = 4
"""Combining marks on one letter; more of them overlap the lines above and below."""
MAX_REMEMBERED = 1000
"""People whose numbers are remembered, those who have left the call included."""

_LINKS = re.compile(r"://|www\.", re.IGNORECASE)
_JOINERS = "\u200c\u200d"
_BLACK_FLAG = "\U0001f3f4"
_BRAILLE_BLANK = "\u2800"
_BLANK = frozenset("\u3164\uffa0\u115f\u1160\u034f\u17b4\u17b5\U0001d159")
"""Characters of other categories that show nothing, such as Hangul fillers."""
_IGNORED = re.compile("[\u2065\ufff0-\ufff8\ufffe\uffff\U000e0000-\U000e0fff]")
"""Unassigned, but to be rendered as nothing (Unicode, Default_Ignorable_Code_Point)."""
_TAGS = range(0xE0020, 0xE0080)
"""After a black flag, they select a country's flag."""

MARKS = (
    *("host", "cohost", "moderator", "moderation", "owner", "admin", "administrator", "you", "me", "guest", "account"),
    *("gastgeber", "gastgeberin", "eigentümer", "eigentümerin", "moderatorin", "sie", "du", "ich", "gast", "konto"),
    *("notinthecall", "nichtda", "private", "privat"),
)
"""Marks that a page adds to names, in any of its languages."""

_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтвнгпиԍɡ" + "αεικνορστυχγϲϳηβ" + "օսհյոց" + "ʜᴏꜱᴛʏᴜɢɪᴇᴅᴀʀɴᴍ" + "ıɩ|01",
    "aeopcyxijshdqwkmtbhrnugg" + "aeiknopstuxycjnb" + "ouhjng" + "hostyugiedarnm" + "iiloi",
)
"""Letters of other alphabets, and digits, that look like Latin letters. Small capitals are among them."""
_GREEK_CAPITALS = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX")
_OPENING, _CLOSING = frozenset(("Ps", "Pi")), frozenset(("Pe", "Pf"))


class NameRefusedError(ValueError):
    """A name that can't be used; `args[0]` is a sentence for the person who entered it."""


def accept_name(text: str) -> str:
    """Clean up a name that someone entered, and check it. Raises `NameRefusedError`.

    Links are refused: anyone can have a mail sent to any address by registering it, and the mail greets by this name.
    """
    name = clean_name(text)
    if not name:
        raise NameRefusedError("Enter a name that others can see.")
    if len(name) > MAX_NAME:
        raise NameRefusedError(f"A name can't be longer than {MAX_NAME} characters.")
    if _LINKS.search(name):
        raise NameRefusedError("A name can't contain links.")
    return name


def clean_name(text: str) -> str:
    """Normalise a name, in one line; empty if nothing in it is visible.

    Line breaks and tabs become spaces. Characters that are invisible or change the direction of text are removed,
    except for joiners within words and emoji. So are imitations of the page's marks, such as "(host)".
    """
    name = " ".join(_visible(unicodedata.normalize("NFC", text)).split())
    if len(name) <= 2 * MAX_NAME:  # longer ones are refused anyway, and searching them takes long
        name = without_marks(name)
    return name if any(map(_shows, name)) else ""


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for each in text:
        character = " " if each.isspace() or each == _BRAILLE_BLANK else each
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            marks += 1
        elif category != "Cf":
            marks = 0
        if marks <= MAX_MARKS and not _is_left_out(character, category, kept[-1] if kept else " "):
            kept.append(character)
    # A joiner with nothing after it joins nothing.
    return re.sub(f"[{_JOINERS}]+(?= |$)", "", "".join(kept))


def _is_left_out(character: str, category: str, before: str) -> bool:
    if category in ("Cc", "Cs") or character in _BLANK:
        return True
    if category in ("Mn", "Me"):
        return before == " "
    if character in _JOINERS:
        return before == " " or before in _JOINERS
    if ord(character) in _TAGS and (before == _BLACK_FLAG or ord(before) in _TAGS):
        return False
    return category == "Cf" or _IGNORED.match(character) is not None


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPSC" and character not in _JOINERS


def without_marks(name: str) -> str:
    """Remove everything in brackets that reads or looks like a mark of the page."""
    while (found := _mark_in(name)) is not None:
        start, end = found
        name = f"{name[:start].rstrip()} {name[end:].lstrip()}".strip()
    return name


def _mark_in(name: str) -> tuple[int, int] | None:
    """Find a mark: where it starts and ends. The innermost brackets are checked first."""
    start: int | None = None
    for index, character in enumerate(name):
        bracket = _bracket(character)
        if bracket == "(":
            start = index
        elif bracket == ")" and start is not None:
            inside = name[start + 1 : index]
            # Empty brackets are left over from nested marks, but a name such as "call()" is fine.
            emptied = inside.strip() == "" and name[:start][-1:] in ("", " ")
            if emptied or _is_mark(inside):
                return start, index + 1
            start = None
        elif bracket == "()" and _is_mark(character):
            return index, index + 1
    # A mark without its closing bracket at the end looks the same.
    return None if start is None or not _is_mark(name[start + 1 :]) else (start, len(name))


def _bracket(character: str) -> str:
    if character in "<>":
        return "(" if character == "<" else ")"
    category = unicodedata.category(character)
    if category in _OPENING:
        return "("
    if category in _CLOSING:
        return ")"
    # For example U+247D, a character that includes its brackets.
    return "()" if unicodedata.normalize("NFKD", character).startswith("(") else ""


def _is_mark(text: str) -> bool:
    letters = re.sub(r"[\W_]+", "", _latin(text, digits=True))
    # The page's numbers are short; "Class (2026)" is an ordinary name.
    return (letters.isdigit() and len(letters) < 4) or _skeleton(text) in _MARK_SKELETONS


def _latin(text: str, *, digits: bool = False) -> str:
    """Fold a text: lower case, no accents, and Latin letters for those that look like them."""
    plain = "".join(_enclosed(character) for character in text)
    decomposed = unicodedata.normalize("NFKD", plain).translate(_GREEK_CAPITALS)
    letters = (character for character in decomposed if unicodedata.category(character) not in ("Mn", "Me", "Cf"))
    folded = "".join(letters).casefold()
    return folded if digits else folded.translate(_LOOK_ALIKES)


def _enclosed(character: str) -> str:
    """Return the letter in a black circle or square, which Unicode normalisation leaves as it is."""
    for start in (0x1F150, 0x1F170):
        if start <= ord(character) < start + 26:
            return chr(ord("A") + ord(character) - start)
    return character


def _skeleton(text: str) -> str:
    # I, l and 1 look alike; so do v and u in some alphabets, but not in ours.
    return re.sub(r"[\W_]+", "", _latin(text)).replace("l", "i")


_MARK_SKELETONS = frozenset(_skeleton(mark) for mark in MARKS)


def name_key(name: str) -> str:
    """Return a key that is the same for names that look alike."""
    return _skeleton(without_marks(name)) or name


class NameNumbers:
    """Tells people with the same name in one room apart: in the order of joining, the second gets "(2)" after the name.

    People keep their number until everyone has left, so that their chat messages stay attributed to them.
    """

    def __init__(self) -> None:
        self._taken: dict[str, dict[int, str]] = {}
        """Per name: the person who has each number."""
        self._of: dict[str, tuple[str, int]] = {}
        """Each person's name and number, in the order in which they were given."""

    def shown(self, person: str, name: str, present: Container[str]) -> str:
        """Return the name that others see; `present`: ids of people whose numbers must not be forgotten."""
        plain = without_marks(name) or name
        key = name_key(plain)
        known = self._of.get(person)
        if known is None or known[0] != key:
            self._release(person)
            taken = self._taken.setdefault(key, {})
            number = next(each for each in range(1, len(taken) + 2) if each not in taken)
            taken[number] = person
            self._of[person] = (key, number)
            self._limit(person, present)
        number = self._of[person][1]
        suffix = "" if number == 1 else f" ({number})"
        return plain[: MAX_NAME - len(suffix)].rstrip() + suffix

    def _limit(self, newest: str, present: Container[str]) -> None:
        if len(self._of) <= MAX_REMEMBERED:
            return
        for person in self._of:
            if person != newest and person not in present:
                self._release(person)
                return

    def _release(self, person: str) -> None:
        known = self._of.pop(person, None)
        if known is not None:
            key, number = known
            del self._taken[key][number]
            if not self._taken[key]:
                del self._taken[key]

    def clear(self) -> None:
        """Forget all numbers: everyone has left."""
        self._taken.clear()
        self._of.clear()
