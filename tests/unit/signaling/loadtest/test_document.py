"""The tables of docs/loadtest.md are current, and have everything once."""

import re
import shlex

from signaling.loadtest import document, flags, limits
from signaling.loadtest.report import COLUMNS
from signaling.loadtest.scenario_file import parse
from web.cli import loadtest, words


def test_the_document_is_current() -> None:
    text = document.DOCUMENT.read_text("utf-8")
    assert document.document(text) == text
    assert document.main(["--check"]) == 0


def test_every_figure_has_its_place() -> None:
    found = []
    for line in document.figures().splitlines()[2:]:
        first, *others = re.findall(r"`([\w.]+)`", line.split("|")[1])
        found += [first, *(f"{first.rpartition('.')[0]}{other}" for other in others)]
    assert [re.sub(r"\.[A-Z]+$", "", path) for path in found] == list(COLUMNS)


def test_settings_name_their_flags() -> None:
    lines = {line.split("`")[1]: line for line in document.settings().splitlines()[2:]}
    assert "`--down-kbps`" in lines["groups.network.down_kbps"]
    assert "`--publishers`" in lines["groups.people"]
    assert "| `true` |" in lines["groups.audio"]
    assert "groups" not in lines


def test_limits_and_scenarios_of_the_text_can_be_used() -> None:
    text = document.DOCUMENT.read_text("utf-8")
    written = re.findall(r'--fail-if "([^"]+)"', text)
    assert len(written) >= 6
    for limit in written:
        limits.parse(limit)
    scenarios = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert [parse(each, "docs").people for each in scenarios] == [348]


def test_commands_of_the_text_have_flags_that_there_are() -> None:
    text = document.DOCUMENT.read_text("utf-8").replace("\\\n", " ")
    written = re.findall(r"^(?: *|.*- run: )(?:\.venv/bin/)?milanio (loadtest[ -].*)$", text, re.MULTILINE)
    assert len(written) >= 8
    parser = words.parser()
    for command in written:
        parsed = parser.parse_args(shlex.split(command.partition(" > ")[0], comments=True))
        if parsed.run.function is loadtest.run and parsed.scenario != "FILE":
            assert flags.scenario(vars(parsed)).people > 0
