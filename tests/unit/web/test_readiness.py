import asyncio
from typing import cast

import pytest

from storage.errors import StorageUnavailableError
from storage.store import Store
from web import readiness
from web.readiness import LOOK_SECONDS, Readiness

pytestmark = pytest.mark.asyncio


class Answering:
    """A store that answers, fails or hangs."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None
        self.hangs = False

    async def answers(self) -> None:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error


async def test_it_is_asked_once_a_second_however_many_want_to_know() -> None:
    store, now = Answering(), [100.0]
    ready = Readiness(cast(Store, store), lambda: False, lambda: now[0])
    assert await asyncio.gather(*(ready.database() for _ in range(50))) == [True] * 50
    assert store.asked == 1
    store.error = StorageUnavailableError("away")
    assert await ready.database()
    now[0] += LOOK_SECONDS
    assert await asyncio.gather(*(ready.database() for _ in range(50))) == [False] * 50
    store.error = None
    now[0] += LOOK_SECONDS
    assert await ready.database()
    assert store.asked == 3


async def test_a_database_that_hangs_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "PATIENCE", 0.01)
    store = Answering()
    store.hangs = True
    assert not await Readiness(cast(Store, store), lambda: False).database()


async def test_one_that_can_only_be_read_is_away() -> None:
    assert not await Readiness(cast(Store, Answering()), lambda: True).database()
