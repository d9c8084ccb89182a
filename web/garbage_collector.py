"""When the garbage collector makes its passes: each holds up all packets.

A full pass does so by 60 ms where a hundred people are. Nearly everything is freed without, by reference counts; what
is left are cycles such as a closed transport with its slots. So a full pass waits until nobody is in a call, or until
there is much to be gained.

The interpreter makes a pass over young objects after 700 more were made than freed. The packets that are kept for
repair come and go in equal numbers, so that all of them would gather for half a minute, and then be visited at once.
Here they are visited a few at a time.
"""

import asyncio
import gc
from collections.abc import Callable

EVERY = 10.0
"""Seconds between polls."""
YOUNG_EVERY = 0.25
"""Seconds between passes over young objects while somebody is in a call."""
FEW = 1000
"""Objects that aren't worth a pass."""
MANY, EACH = 50_000, 2_000
"""Objects that may come, beside twice what there was after the last pass, before one is made in the middle of calls,
and how many more for each person in them: some 500 are theirs, and come without being garbage."""

_NEVER = 1_000_000_000


class GarbageCollector:
    """Makes the full passes from `start` to `stop`, and passes over young objects beside the interpreter's."""

    def __init__(self, people: Callable[[], int]) -> None:
        self._people = people
        """How many are in calls, and would notice."""
        self._threshold = gc.get_threshold()
        self._kept = 0
        """Objects that were left by the last pass."""
        self._polls: asyncio.TimerHandle | None = None
        self._young: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop. What lives now lives for ever and is never looked at again."""
        self._threshold = gc.get_threshold()
        gc.set_threshold(*self._threshold[:2], _NEVER)
        gc.collect()
        gc.freeze()
        self._kept = _old_objects()
        self._poll_on()
        self._visit_on()

    def _poll_on(self) -> None:
        self._polls = asyncio.get_running_loop().call_later(EVERY, self._poll_on)
        self.poll()

    def _visit_on(self) -> None:
        self._young = asyncio.get_running_loop().call_later(YOUNG_EVERY, self._visit_on)
        if self._people():
            gc.collect(0)

    def poll(self) -> None:
        """Make a pass if it is time for one."""
        count, people = _old_objects(), self._people()
        if count > self._kept + FEW and (not people or count > 2 * self._kept + MANY + EACH * people):
            gc.collect()
            self._kept = _old_objects()

    def stop(self) -> None:
        """Leave the passes to the interpreter again."""
        if self._polls is not None and self._young is not None:
            self._polls.cancel()
            self._young.cancel()
            gc.set_threshold(*self._threshold)


def _old_objects() -> int:
    return len(gc.get_objects(generation=2))
