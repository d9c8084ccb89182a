"""When to run the garbage collector, each pass of which holds up all packets.

With a hundred people, a full pass takes 60 ms. Nearly everything is freed without it, by reference counts; only cycles
are left, such as a closed transport with its slots. So a full pass waits until nobody is in a call, or until there is a
lot to free.

The interpreter makes a pass over young objects once 700 more were made than freed. Packets kept for repair come and go
in equal numbers, so half a minute's worth would gather and be visited at once. Here they are visited a few at a time.
"""

import asyncio
import gc
from collections.abc import Callable

EVERY = 10.0
"""Seconds between polls."""
YOUNG_EVERY = 0.25
"""Seconds between passes over young objects while someone is in a call."""
FEW = 1000
"""Objects that aren't worth a pass."""
MANY, EACH = 50_000, 2_000
"""A full pass is made during calls once there are this many objects, plus this many per person in calls, beyond twice
the number left by the last pass. Some 500 per person are in use, not garbage."""

_NEVER = 1_000_000_000


class GarbageCollector:
    """From `start` to `stop`, makes the full passes, and passes over young objects besides the interpreter's."""

    def __init__(self, people: Callable[[], int]) -> None:
        self._people = people
        """Gives the number of people in calls, who would notice."""
        self._threshold = gc.get_threshold()
        self._kept = 0
        """Objects left by the last pass."""
        self._polls: asyncio.TimerHandle | None = None
        self._young: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin, on the running loop. Objects that exist now are taken as permanent and never visited again."""
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
        """Make a full pass if it is due."""
        count, people = _old_objects(), self._people()
        if count > self._kept + FEW and (not people or count > 2 * self._kept + MANY + EACH * people):
            gc.collect()
            self._kept = _old_objects()

    def stop(self) -> None:
        """Leave all passes to the interpreter again."""
        if self._polls is not None and self._young is not None:
            self._polls.cancel()
            self._young.cancel()
            gc.set_threshold(*self._threshold)


def _old_objects() -> int:
    return len(gc.get_objects(generation=2))
