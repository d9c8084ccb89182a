"""Findings that are shared by those who ask for them at about the same time."""

import asyncio
from collections.abc import Awaitable, Callable

from web.doctor.finding import Finding

FRESH = 15.0
"""Seconds for which findings are kept: a check connects to the mail server and others."""


class LatestFindings:
    """`check` makes new ones; `now` is any clock in seconds that only goes forward."""

    def __init__(self, check: Callable[[], Awaitable[list[Finding]]], now: Callable[[], float]) -> None:
        self._check = check
        self._now = now
        self._made_at = float("-inf")
        self._running: asyncio.Task[list[Finding]] | None = None

    async def get(self) -> list[Finding]:
        """Return the findings of a moment ago, or make new ones."""
        if self._running is None or (self._running.done() and self._now() - self._made_at >= FRESH):
            self._running = asyncio.create_task(self._make())
        # Shielded: one of several who wait may go away.
        return await asyncio.shield(self._running)

    async def _make(self) -> list[Finding]:
        try:
            return list(await self._check())
        finally:
            self._made_at = self._now()
