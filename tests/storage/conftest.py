"""Everything here runs twice: on SQLite, and on a PostgreSQL server that is started for the session."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from signaling.messages.room_settings import NEW_ROOM
from storage.store import Store


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest_asyncio.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with Store(url, new_room=NEW_ROOM) as opened:
        yield opened


@pytest_asyncio.fixture
async def other(url: str, store: Store) -> AsyncIterator[Store]:
    """A second store on the same database, as in another process."""
    async with Store(url, new_room=NEW_ROOM) as opened:
        yield opened
