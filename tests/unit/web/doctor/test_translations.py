"""What the page says of findings in another language: all of them, with the values that they have.

The sentences are found in the source: a finding can't be made for every machine that there is.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from web import doctor, page
from web.doctor.clock import check_clock
from web.doctor.visit import Visit
from web.tls import certificate

FOLDER = Path(doctor.__file__).parent
TEXTS = Path(page.__file__).parent / "ui" / "src" / "i18n"
GERMAN = json.loads((TEXTS / "de" / "findings.json").read_text("utf-8"))
NAMES = re.compile(r"{(\w+)}")

FLAW_VALUES = {"names", "host", "begins", "ends"}


def name_of(first: ast.expr) -> str | None:
    """The name that a finding is given, such as `disk.full`; those of any port begin with `port`."""
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value if re.fullmatch(r"[a-z]+\.[a-z_]+", first.value) else None
    if isinstance(first, ast.JoinedStr) and isinstance(first.values[-1], ast.Constant):
        return f"port{first.values[-1].value!s}"
    return None


def made() -> Iterator[tuple[str, set[str], bool]]:
    """Each finding's name, the names of its values, and whether it has advice."""
    for path in sorted(FOLDER.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            name = name_of(call.args[0])
            if name is not None:
                given = {each.arg for each in call.keywords if each.arg} | (
                    {"receive", "send"} if any(each.arg is None for each in call.keywords) else set()
                )
                yield name, given, len(call.args) > 2
    source = Path(certificate.__file__).read_text("utf-8")
    for code in re.findall(r'Flaw\(\s*"(\w+)"', source):
        yield f"certificate.{code}", FLAW_VALUES, True


MADE = {name: (values, advised) for name, values, advised in made()}


def translated() -> dict[str, dict[str, str]]:
    return {f"{check}.{code}": text for check, codes in GERMAN["findings"].items() for code, text in codes.items()}


def test_every_finding_has_one() -> None:
    assert len(MADE) > 60
    optional = {name.replace(".", ".optional_") for name in MADE if name.startswith("port.")}
    assert set(translated()) == set(MADE) | optional


@pytest.mark.parametrize("name", sorted(translated()))
def test_it_has_the_values_of_the_finding_and_advice_where_that_has_some(name: str) -> None:
    values, advised = MADE[name.replace("optional_", "")]
    said = translated()[name]
    assert set(said) == ({"text", "advice"} if advised else {"text"})
    used = set(NAMES.findall(" ".join(said.values())))
    assert used <= values
    # What stands for a whole sentence in English is told by the others.
    assert not used & {"said", "todo"}


def test_every_check_has_a_name() -> None:
    checks = {name.partition(".")[0] for name in MADE} - {"port"}
    assert set(GERMAN["checks"]) == checks


def test_words_within_values_are_those_that_there_are() -> None:
    units = {
        str(check_clock("x", Visit(ahead=seconds), own=False).values["unit"]) for seconds in (60, 600, 9999, 900_000)
    }
    assert set(GERMAN["words"]) == units | {"no name", "without TLS", "with TLS (starttls)", "with TLS (implicit)"}
