"""A call over HTTPS that the server itself speaks, with a certificate that it made."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.people import SMALL, Person
from web.app import Server
from web.config import Settings

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture(loop_scope="session")
async def secure(tmp_path: Path) -> AsyncIterator[Server]:
    settings = Settings(
        port=0,
        media_port=0,
        host="127.0.0.1",
        data=tmp_path / "data",
        rate_limits=False,
        tls_certificate=Path("self-signed"),
    )
    server = Server(settings)
    await server.start()
    yield server
    await server.stop()


async def test_three_call_over_the_servers_own_certificate(secure: Server, browser: Browser) -> None:
    room = secure.signaling.registry.create("", secure.media.now())
    plain, encrypted = (f"{scheme}://localhost:{secure.port}" for scheme in ("http", "https"))
    people = []
    for name in ("Ada", "Ben", "Cleo"):
        person = await Person.open(browser, name, camera=SMALL, ignore_https_errors=True)
        # Browsers may add http:// to a typed address: the page there explains what comes next.
        await person.page.goto(f"{plain}/r/{room.code}?name={name}")
        await person.page.get_by_role("heading", name="Your browser will warn you once").wait_for()
        await person.page.get_by_role("link").click()
        await person.page.get_by_role("button", name="Join", exact=True).wait_for()
        assert person.page.url.startswith(f"{encrypted}/r/")
        await person.join()
        await person.in_call()
        people.append(person)
    for person in people:
        for other in people:
            if other is not person:
                await person.sees(other)
        assert not person.problems, person.problems
