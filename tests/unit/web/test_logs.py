"""The operator's log: readable, parsable, and without people unless they are asked for."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from web import logs


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, as it is again afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def record(message: str, level: int = logging.INFO, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("signaling.diary", level, "x.py", 1, message, (), None)
    made.created, made.msecs = 1_800_000_000.25, 250.0
    vars(made).update(extra)
    return made


FACTS = {"room": "r1", "guest": True, "why": "never connected"}
PEOPLE = {"name": 'Ada "x"\nERROR all is lost', "address": "192.0.2.1"}


def test_a_line_of_text() -> None:
    line = logs.TextLines(people=False).format(record("joined", facts=FACTS, people=PEOPLE))
    assert line.endswith(' INFO signaling.diary: joined room=r1 guest=yes why="never connected"')


def test_people_are_named_where_that_is_asked_for() -> None:
    line = logs.TextLines(people=True).format(record("joined", facts=FACTS, people=PEOPLE))
    assert line.endswith(r' why="never connected" name="Ada \"x\"\nERROR all is lost" address=192.0.2.1')


def test_a_text_of_others_makes_no_line_of_its_own() -> None:
    assert "\n" not in logs.TextLines(people=False).format(record("550 no\r\n2026-01-01 ERROR"))


def test_an_object_of_json() -> None:
    line = logs.JsonLines(people=False).format(record("joined", facts={**FACTS, "message": 3}, people=PEOPLE))
    assert json.loads(line) == {
        "time": "2027-01-15T08:00:00.250Z",
        "level": "info",
        "source": "signaling.diary",
        "message": "joined",
        **FACTS,
    }
    assert json.loads(logs.JsonLines(people=True).format(record("left", people=PEOPLE)))["name"] == PEOPLE["name"]


@pytest.mark.parametrize("form", [logs.TextLines, logs.JsonLines])
def test_a_traceback_is_kept(form: Any) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        text = form(people=False).format(record("it failed", logging.ERROR, exc_info=sys.exc_info()))
    assert "Traceback" in text
    assert "ValueError: odd" in text


def test_what_is_less_than_the_level_isn_t_written(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "json", people=False)
    logging.getLogger("signaling.diary").info("joined")
    logging.getLogger("web").warning("%s is odd", "it")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "it is odd"
