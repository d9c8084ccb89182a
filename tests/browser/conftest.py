"""A whole server and a real Chromium."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests import times
from tests.browser.hosted import hosted
from tests.browser.people import LARGE, Person
from tests.browser.udp_proxy import Misfortune, UdpProxy
from tests.integration.running import serving
from web import page
from web.app import Server
from web.config import Settings

__all__ = ["hosted"]

FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHEAP = 4
"""Cost of a password's hash: what it protects here is worth nothing."""

_ROOT = Path(__file__).resolve().parent.parent.parent


def chromium_path() -> str:
    """Where Chromium is."""
    return _path_of("chromium", "chromium")


def firefox_path() -> str:
    """Where Firefox is."""
    return _path_of("firefox", "firefox-esr")


def _path_of(browser: str, command: str) -> str:
    """What `make test` found, or the machine's."""
    noted = _ROOT / "build" / browser
    path = noted.read_text().strip() if noted.is_file() else shutil.which(command)
    if not path:
        pytest.fail(f"{command} is not installed; run make test, which installs it")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One browser serves all tests, and lives in one event loop."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    if not page.is_built():
        pytest.fail("the page isn't built; run make build")
    running = Server(
        Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", rate_limits=False), password_cost=CHEAP
    )
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest.fixture
def base(server: Server) -> str:
    return f"http://localhost:{server.port}"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            yield running
        finally:
            await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """The browser, without windows; those that a test has opened are closed after it."""
    expect.set_options(timeout=1000 * times.seconds(5))
    yield chromium
    for context in chromium.contexts:
        await context.close()


class Meeting:
    """A room, and the people who come to it."""

    def __init__(self, server: Server, browser: Browser, base: str, *, painted: bool = True) -> None:
        self._painted = painted
        self.camera = LARGE
        """Size of the picture of who arrives."""
        self.grain = False
        """Whether it has film grain, which costs bits."""
        assert server.signaling is not None
        self.server = server
        self.room = server.signaling.registry.create("", server.media.now())
        self.code = self.room.code
        """Of the room that people come to."""
        self.base = base
        self.people: list[Person] = []
        self._browser = browser

    async def arrive(self, name: str) -> Person:
        """Someone at the door."""
        person = await Person.arrive(
            self._browser, self.base, self.code, name, painted=self._painted, camera=self.camera, grain=self.grain
        )
        self.people.append(person)
        return person

    async def bring(self, *names: str) -> list[Person]:
        """People who have joined, one after the other."""
        people = [await self.arrive(name) for name in names]
        for person in people:
            await person.join()
        return people


FRONT = "127.0.0.2"
"""Where a proxy for media listens, on the relay's port number: the address is all that the server announces."""


@asynccontextmanager
async def behind_proxy(data: Path, browser: Browser, front: str) -> AsyncIterator[tuple[Meeting, UdpProxy]]:
    """A room whose media goes through a proxy at that address, as through a network that a test can disturb."""
    async with serving(data.parent, data=data, announce=(front,)) as server:
        proxy = UdpProxy(("127.0.0.1", server.media.port), Misfortune())
        await proxy.start(front, server.media.port)
        try:
            yield Meeting(server, browser, f"http://localhost:{server.port}"), proxy
        finally:
            await proxy.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def networked(tmp_path: Path, browser: Browser) -> AsyncIterator[tuple[Meeting, UdpProxy]]:
    async with behind_proxy(tmp_path / "data", browser, FRONT) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def meeting(server: Server, browser: Browser, base: str) -> AsyncIterator[Meeting]:
    made = Meeting(server, browser, base)
    yield made
    problems = {person.name: person.problems for person in made.people if person.problems}
    assert not problems, problems
