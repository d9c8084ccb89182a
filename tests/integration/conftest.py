"""A whole server inside the test's event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from tests import times
from tests.integration.process_plane import ProcessPlane
from web.app import Server
from web.config import Settings


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for a condition; the test fails if it doesn't come true."""
    async with asyncio.timeout(times.seconds(seconds)):
        while not condition():
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    running = Server(Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", rate_limits=False))
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def server_on_each_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    """On SQLite, and on PostgreSQL; passwords cost little. Modules call it `server`."""
    database = SecretStr(request.getfixturevalue(f"{request.param}_url"))
    settings = Settings(
        port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", database=database, rate_limits=False
    )
    running = Server(settings, password_cost=4)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@pytest_asyncio.fixture(params=["local plane", "process plane"])
async def any_plane_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a server whose media plane is in the same process, and in another one."""
    settings = Settings(port=0, media_port=0, host="127.0.0.1", data=tmp_path / "data", rate_limits=False)
    async with AsyncExitStack() as stack:
        plane = None
        if request.param == "process plane":
            plane = await stack.enter_async_context(ProcessPlane("127.0.0.1"))
        running = Server(settings, plane=plane)
        await running.start()
        stack.push_async_callback(running.stop)
        yield f"http://127.0.0.1:{running.port}"
        assert (plane is None) == (running.media.relay.received > 0)


@pytest_asyncio.fixture
async def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"
