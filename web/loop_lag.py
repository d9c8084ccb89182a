"""How late the event loop runs what is due: anything that keeps it busy makes packets wait."""

import asyncio

from sfu.histogram import Histogram

EVERY = 0.1
"""Seconds between measurements."""
BUCKETS = (0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0)
"""Lateness in seconds; close together where the limits of what people notice are."""


class LoopLag(Histogram):
    """Records by how many seconds the loop was late, from `start` to `stop`."""

    def __init__(self) -> None:
        super().__init__(BUCKETS)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop."""
        loop = asyncio.get_running_loop()
        self._expect(loop, loop.time() + EVERY)

    def _expect(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._timer = loop.call_at(due, self._look, loop, due)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        self.note(max(0.0, now - due))
        self._expect(loop, now + EVERY)

    def stop(self) -> None:
        """Stop measuring."""
        if self._timer is not None:
            self._timer.cancel()
