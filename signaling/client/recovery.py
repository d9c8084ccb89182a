"""Recovering a program's media: when to restart ICE, when to reconnect, and how long to wait."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from signaling.client.errors import ClientError

log = logging.getLogger(__name__)

WAITS = (1.5, 2.5, 4.0, 8.0, 15.0, 30.0)
"""Seconds between attempts; the last repeats. Only media that arrives resets it to the first."""

RESTARTS_FIRST = 2
"""ICE restarts before the first new connection; after that they alternate."""

SETTLE_SECONDS = 0.5
"""Hints within this time after an attempt are ignored."""

Step = Callable[[], Awaitable[None]]


class MediaRecovery:
    """What to do while no media arrives. `run` is a task of its own; the other methods wake it.

    `restart` and `reconnect` may raise `ClientError`. `arriving` is set while media arrives.
    """

    def __init__(self, restart: Step, reconnect: Step, arriving: Callable[[], asyncio.Event]) -> None:
        self._restart, self._reconnect, self._arriving = restart, reconnect, arriving
        self._hint = asyncio.Event()
        self._ended = False

    def broken(self) -> None:
        """Media has stopped, or may have."""
        self._hint.set()

    def ended(self) -> None:
        """The connection can't be restored; only a new one helps."""
        self._ended = True
        self._hint.set()

    async def run(self) -> None:
        """Wait for failures and recover from them, until cancelled."""
        while True:
            await self._hint.wait()
            await self._bring_back()

    async def _bring_back(self) -> None:
        attempt = 0
        while True:
            self._hint.clear()
            renew = self._ended or (attempt >= RESTARTS_FIRST and attempt % 2 == 0)
            self._ended = False
            try:
                await (self._reconnect() if renew else self._restart())
            except ClientError as error:
                log.info("media is not back: %s", error)
                self._ended = error.code == "media_closed"
                if self._ended and not renew:
                    continue
            if await self._arrives(WAITS[min(attempt, len(WAITS) - 1)]):
                return
            attempt += 1

    async def _arrives(self, seconds: float) -> bool:
        """Wait for media, or until a hint that something has changed."""
        waiting = [asyncio.ensure_future(self._arriving().wait()), asyncio.ensure_future(self._hinted())]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
        return self._arriving().is_set() and not self._ended

    async def _hinted(self) -> None:
        await asyncio.sleep(SETTLE_SECONDS)
        await self._hint.wait()
