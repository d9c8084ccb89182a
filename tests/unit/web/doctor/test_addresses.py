from urllib.parse import urlsplit

import pytest

from web.config import Settings
from web.doctor import addresses
from web.doctor.finding import Level
from web.doctor.visit import NOBODY, Visit

PUBLIC, OTHER, LOCAL = "8.8.4.4", "9.9.9.9", "192.168.1.5"
HERE = Visit(version="1.0", status=200)
SITE = urlsplit("https://meet.example")


@pytest.mark.parametrize(
    ("settings", "interfaces", "resolved", "level", "says"),
    [
        ({}, [PUBLIC], [], Level.OK, PUBLIC),
        ({}, [LOCAL], [], Level.WARNING, "only local addresses"),
        ({}, [LOCAL], [LOCAL], Level.OK, "local network"),
        ({}, [LOCAL], [PUBLIC], Level.PROBLEM, "come from the internet"),
        ({"announce": (LOCAL,)}, [LOCAL, PUBLIC], [], Level.WARNING, LOCAL),
        ({"announce": (PUBLIC,)}, [LOCAL], [PUBLIC], Level.OK, "has to pass UDP port 8080"),
        ({"announce": (PUBLIC,)}, [PUBLIC], [PUBLIC], Level.OK, "browsers reach media at"),
        ({}, [], [], Level.PROBLEM, "no address"),
        ({"host": "127.0.0.1"}, [PUBLIC], [], Level.WARNING, "only this machine"),
        ({"media_host": "fe80::1"}, ["fe80::1"], [], Level.WARNING, "fe80::1"),
        ({}, ["fd00::2"], [], Level.WARNING, "fd00::2"),
        ({}, ["fd00::2", "2606:4700::1"], [], Level.OK, "2606:4700::1"),
    ],
)
def test_what_browsers_are_told(
    settings: dict[str, object], interfaces: list[str], resolved: list[str], level: Level, says: str
) -> None:
    found = addresses.check_addresses(Settings.model_validate(settings), interfaces, resolved, 8080)
    assert found.level is level
    assert says in found.text
    assert bool(found.advice) == (level is not Level.OK)


def test_behind_nat_the_address_to_announce_is_named() -> None:
    found = addresses.check_addresses(Settings(), [LOCAL], [PUBLIC], 9000)
    assert PUBLIC in found.advice
    assert "UDP port 9000" in found.advice


@pytest.mark.parametrize(
    ("resolved", "own", "visit", "level"),
    [
        ([PUBLIC], [PUBLIC], NOBODY, Level.OK),
        ([PUBLIC], [LOCAL], HERE, Level.OK),
        ([PUBLIC], [LOCAL], NOBODY, Level.WARNING),
        ([PUBLIC, OTHER], [PUBLIC], NOBODY, Level.WARNING),
        ("Name or service not known", [PUBLIC], NOBODY, Level.PROBLEM),
    ],
)
def test_where_the_name_leads(resolved: list[str] | str, own: list[str], visit: Visit, level: Level) -> None:
    found = addresses.check_name(SITE, resolved, own, visit)
    assert found.level is level
    assert bool(found.advice) == (level is not Level.OK)


def test_without_a_name_there_is_nothing_to_look_up() -> None:
    assert addresses.check_name(None, [], [PUBLIC], NOBODY).level is Level.OK


@pytest.mark.parametrize(
    ("visit", "running", "level", "says"),
    [
        (HERE, True, Level.OK, "Milanio answers"),
        (HERE, False, Level.OK, "Milanio answers"),
        (NOBODY, False, Level.OK, "not checked"),
        (Visit(status=404), True, Level.PROBLEM, "status 404"),
        (Visit(error="expired", distrusted=True), True, Level.PROBLEM, "certificate"),
        (Visit(error="Connection refused"), True, Level.WARNING, "Connection refused"),
    ],
)
def test_who_answers_where_people_come(visit: Visit, running: bool, level: Level, says: str) -> None:
    found = addresses.check_site("https://meet.example", visit, running=running)
    assert found.level is level
    assert says in found.text
