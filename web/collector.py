"""When the garbage collector makes its full passes: each holds up all packets, by 60 ms where a hundred people are.

Nearly everything is freed without them, by reference counts; what is left are cycles such as a closed transport with
its slots. So a pass waits until nobody is in a call, or until there is much to be gained.
"""

import asyncio
import gc
from collections.abc import Callable

EVERY = 10.0
"""Seconds between looks."""
FEW = 1000
"""Objects that aren't worth a pass."""
MANY = 50_000
"""Objects that may come, beside twice what there was after the last pass, before one is made in the middle of calls."""

_NEVER = 1_000_000_000


class Collector:
    """Makes the full passes from `start` to `stop`; the passes over young objects stay the interpreter's."""

    def __init__(self, is_idle: Callable[[], bool]) -> None:
        self._is_idle = is_idle
        """Whether nobody would notice."""
        self._threshold = gc.get_threshold()
        self._kept = 0
        """Objects that were left by the last pass."""
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop. What lives now lives for ever and is never looked at again."""
        self._threshold = gc.get_threshold()
        gc.set_threshold(*self._threshold[:2], _NEVER)
        gc.collect()
        gc.freeze()
        self._kept = _old_objects()
        self._expect()

    def _expect(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(EVERY, self._tick)

    def _tick(self) -> None:
        self.look()
        self._expect()

    def look(self) -> None:
        """Make a pass if it is time for one."""
        count = _old_objects()
        if count > self._kept + FEW and (self._is_idle() or count > 2 * self._kept + MANY):
            gc.collect()
            self._kept = _old_objects()

    def stop(self) -> None:
        """Leave the passes to the interpreter again."""
        if self._timer is not None:
            self._timer.cancel()
            gc.set_threshold(*self._threshold)


def _old_objects() -> int:
    return len(gc.get_objects(generation=2))
