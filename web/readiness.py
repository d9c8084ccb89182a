"""Readiness: whether new people can be served, for load balancers."""

import asyncio
import time
from collections.abc import Callable

from storage.errors import StorageError
from storage.store import Store

LOOK_SECONDS = 1.0
"""How long an answer is cached, since anyone may ask as often as they like."""
PATIENCE = 2.0
"""Seconds that the database may take to answer."""


class Readiness:
    """Asks the database, at most once a second."""

    def __init__(self, store: Store, is_away: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._is_away = is_away
        """Whether writing has failed lately: reading may still work, for example with a full disk."""
        self._clock = clock
        self._asked: tuple[float, bool] | None = None
        self._asking: asyncio.Task[bool] | None = None

    async def database(self) -> bool:
        """Whether the database answers."""
        if self._is_away():
            return False
        if self._asked is not None and self._clock() < self._asked[0] + LOOK_SECONDS:
            return self._asked[1]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        # Shielded: one of several waiting requests may be cancelled.
        return await asyncio.shield(self._asking)

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._store.answers()
            found = True
        except (StorageError, TimeoutError):
            found = False
        self._asked = self._clock(), found
        return found
