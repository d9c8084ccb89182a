"""Sharing the event loop with media: bursts of work are spread over several turns of the loop.

The loop runs everything that is ready before it looks at its sockets again. When three hundred people leave at once, or
an event goes to three hundred, that is three hundred tasks, and media of other rooms would wait for all of them.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

SLICE = 0.008
"""Seconds of such work in one turn of the loop: a packet waits no longer than that plus one piece of work."""


class Turns:
    """Lets pieces of work run, first come first served, while there is time left in this turn of the loop."""

    def __init__(self, slice: float = SLICE, clock: Callable[[], float] = time.perf_counter) -> None:
        self._slice = slice
        self._clock = clock
        self._each = slice
        """Seconds that a piece of work takes, estimated from the latest ones."""
        self._started: float | None = None
        self._last = 0.0
        self._pieces = 0
        """Pieces of work begun in this turn; 0: none, and `_next` isn't scheduled."""
        self._woken = False
        """Whether `_next` began them."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def mine(self) -> None:
        """Wait for a turn: return at once while there is time in this one, otherwise in a later one."""
        self._last = self._clock()
        if self._pieces == 0:
            self._started = self._last
            asyncio.get_running_loop().call_soon(self._next)
        elif self._waiting or self._started is None or self._last - self._started > self._slice:
            # Without a start time, the pieces woken for this turn have yet to run.
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
            if self._started is None:
                self._started = self._clock()
            return
        self._pieces += 1

    def _next(self) -> None:
        """The loop has looked at its sockets: wake as many as fit into this turn, judging by the latest ones."""
        if self._woken:
            self._last = self._clock()  # the woken ones have just run
        if self._started is not None and self._last > self._started:
            self._each = (self._last - self._started) / self._pieces
        self._pieces, self._started = 0, None
        while self._waiting and self._pieces < max(1.0, self._slice / self._each):
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                self._pieces += 1
        self._woken = self._pieces > 0
        if self._woken:
            asyncio.get_running_loop().call_soon(self._next)
