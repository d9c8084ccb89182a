"""The asyncio edge of the local plane: runs its work between packets, and its timer."""

import asyncio

from sfu.local_plane import LocalPlane
from sfu.net.server import MediaServer

TICK_SECONDS = 0.25

HEAR_SECONDS = 0.05
"""Time between two looks for people who begin to speak, while there are more of them than places. What they said until
then is sent again, and adds to the delay for a moment, so it should be short."""


class PlaneLoop:
    """Runs a `LocalPlane` over the relay of a `MediaServer`, on the same event loop. `start`, `stop`."""

    def __init__(self, media: MediaServer) -> None:
        self.plane = LocalPlane(media.relay, media.now, media.candidates)
        self._media = media
        self._ticker: asyncio.Task[None] | None = None
        self._scheduled = False
        """Whether `_work` is called soon."""
        self._working = False
        self._stopped = False
        media.on_change = self._take_changes
        self.plane.on_work = self._work_soon

    def start(self) -> None:
        """Start the timer. The media server must be running."""
        self._ticker = asyncio.create_task(self._tick())

    def stop(self) -> None:
        """Stop. Call it before the media server is closed."""
        self._stopped = True
        if self._ticker is not None:
            self._ticker.cancel()

    async def _tick(self) -> None:
        now = self._media.now
        tick_at = now() + TICK_SECONDS
        while True:
            left = tick_at - now()
            await asyncio.sleep(min(left, HEAR_SECONDS) if self.plane.crowded else left)
            self._media.catch_up()
            if now() < tick_at:
                self.plane.hear()
            else:
                tick_at = now() + TICK_SECONDS
                self.plane.tick(self._media.behind())

    def _take_changes(self) -> None:
        """Called by the media server in a turn of its own, after it has sent packets."""
        self._working = True
        self.plane.take_changes()
        self._work()

    def _work_soon(self) -> None:
        """Schedule work after the requests of this turn of the loop."""
        if not self._scheduled and not self._working:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._work_now)

    def _work_now(self) -> None:
        self._scheduled = False
        self._work()

    def _work(self) -> None:
        """Work for a slice of time; the rest follows in the next turn."""
        if self._stopped:
            return
        self._working = True
        left = self.plane.work()
        self._working = False
        self._media.wake()
        if left:
            self._work_soon()
