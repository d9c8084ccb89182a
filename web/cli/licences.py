"""`milanio licences`: the licence notices of everything that this installation consists of."""

import argparse
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from web.page import STATIC

PAGE = STATIC / "licences.txt"
"""Notices of what the page is built from; `make build` writes it."""

PROGRAM = Path(__file__).with_name("licences.txt")
"""Notices of Python and system libraries, where they are packed into one program with Milanio."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LICENCE = re.compile(r"licen[cs]e|copying|notice|authors", re.IGNORECASE)


def show(_: argparse.Namespace) -> None:
    """Print them."""
    for part in installed():
        sys.stdout.write(notice(f"{part.name} {part.version}", _terms(part), _texts(part)))
    for extra in (PAGE, PROGRAM):
        if extra.is_file():
            sys.stdout.write(extra.read_text("utf-8"))


def installed(name: str = "milanio") -> list[Distribution]:
    """A distribution, and in alphabetical order what it needs; without what isn't installed."""
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        key = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if key in found:
            continue
        try:
            found[key] = distribution(key)
        except PackageNotFoundError:
            continue
        waiting += _needs(found[key])
    return [part for _, part in sorted(found.items(), key=lambda item: (item[0] != name, item[0]))]


def _needs(part: Distribution) -> Iterator[str]:
    """The names of what a distribution needs, extras included where they are installed anyway: `psycopg[binary]`."""
    for requirement in part.requires or ():
        needed, _, marker = requirement.partition(";")
        match = _NAME.match(needed)
        if match and ("extra" not in marker or (part.name == "psycopg" and "binary" in marker)):
            yield match[0]


def _terms(part: Distribution) -> str:
    """The licence's name, where the distribution gives one."""
    known = part.metadata
    terms = next((known[name] for name in ("License-Expression", "License") if name in known), "")
    return terms.partition("\n")[0]


def _texts(part: Distribution) -> list[str]:
    texts = []
    for path in part.files or ():
        place = Path(str(path.locate()))
        if ".dist-info" in str(path) and _LICENCE.search(path.name) and place.suffix != ".pyc" and place.is_file():
            texts.append(place.read_text("utf-8", "replace"))
    return texts


def notice(title: str, terms: str, texts: list[str]) -> str:
    """The section of one part."""
    rule = "=" * 80
    head = f"{rule}\n{title}{f' ({terms})' if terms else ''}\n{rule}\n"
    return head + "".join(f"\n{text.strip()}\n" for text in texts) + "\n"
