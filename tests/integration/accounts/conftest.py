"""Servers with accounts, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.integration import smtp_server
from tests.integration.accounts.people import Browser, Client, url_of
from tests.integration.running import CHEAP
from web.app import Server
from web.config import Settings

Start = Callable[..., Awaitable[Server]]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest_asyncio.fixture
async def start(tmp_path: Path, database: str) -> AsyncIterator[Start]:
    """Starts a server with the settings given; all stop at the end."""
    servers: list[Server] = []

    async def start(password_cost: int = CHEAP, **settings: Any) -> Server:
        fixed = {"port": 0, "media_port": 0, "host": "127.0.0.1", "data": tmp_path / "data", "database": database}
        server = Server(Settings(**{**fixed, **settings}), password_cost=password_cost)
        await server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.stop()


@pytest_asyncio.fixture
async def server(start: Start) -> Server:
    """Without a mail server."""
    return await start()


@pytest_asyncio.fixture
async def smtp() -> AsyncIterator[smtp_server.Server]:
    async with smtp_server.Server(smtp_server.Handler()) as running:
        yield running


def mail_settings(smtp: smtp_server.Server) -> dict[str, Any]:
    return {
        "smtp_host": "127.0.0.1",
        "smtp_port": smtp.port,
        "smtp_tls": "none",
        "smtp_from": "noreply@meet.example",
        "public_url": "http://meet.example",
    }


@pytest_asyncio.fixture
async def mailing(start: Start, smtp: smtp_server.Server) -> Server:
    """With a mail server."""
    return await start(**mail_settings(smtp))


@pytest_asyncio.fixture
async def browser(server: Server) -> AsyncIterator[Browser]:
    async with Browser(url_of(server)) as opened:
        yield opened


@pytest_asyncio.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    async with Client(url_of(server)) as opened:
        yield opened
