"""Calls where UDP is blocked: media goes over TCP, on the page's port."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.conftest import CHEAP, FRONT, Meeting
from tests.browser.people import SMALL, Person
from web.app import Server
from web.config import Settings

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(180)]


@pytest_asyncio.fixture(loop_scope="session")
async def blocked(tmp_path: Path, browser: Browser) -> AsyncIterator[Meeting]:
    """A room of a server that announces an address where only TCP gets through."""
    settings = Settings(
        port=0, media_port=0, media_host="127.0.0.1", announce=(FRONT,), data=tmp_path / "data", rate_limits=False
    )
    server = Server(settings, password_cost=CHEAP)
    await server.start()
    try:
        yield Meeting(server, browser, f"http://localhost:{server.port}")
    finally:
        await server.stop()


async def protocols(person: Person) -> list[str]:
    """What the connection in use goes over."""
    stats = {each["id"]: each for each in await person.stats()}
    pairs = [stats[each["selectedCandidatePairId"]] for each in stats.values() if each.get("selectedCandidatePairId")]
    return [stats[pair["localCandidateId"]]["protocol"] for pair in pairs]


async def test_without_udp_people_see_and_hear_each_other_over_tcp(blocked: Meeting) -> None:
    blocked.camera = SMALL
    ada, ben = await blocked.bring("Ada", "Ben")
    for viewer, other in ((ada, ben), (ben, ada)):
        await viewer.sees(other)
        await viewer.keeps_seeing(other)
        await viewer.hears(1)
        assert await protocols(viewer) == ["tcp"]
