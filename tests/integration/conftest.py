"""A whole server inside the test's event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest_asyncio

from tests import times
from web.app import Server
from web.config import Settings


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for a condition; the test fails where it doesn't come true."""
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


@pytest_asyncio.fixture
async def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"
