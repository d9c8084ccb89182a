"""A heap of deadlines by owner, which holds no reference to owners whose deadline was cancelled."""

import heapq
import sys
from typing import Generic, TypeVar

Owner = TypeVar("Owner")


class Timers(Generic[Owner]):
    """At most one deadline for each owner."""

    __slots__ = ("_current", "_heap", "_number", "_owners")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._owners: dict[int, Owner] = {}
        self._current: dict[Owner, tuple[float, int]] = {}
        self._number = 0

    def bring_forward(self, owner: Owner, when: float) -> None:
        """Wake the owner at that time, unless it is woken earlier anyway; it then sets its next deadline itself."""
        current = self._current.get(owner)
        if current is not None:
            if when >= current[0]:
                return
            del self._owners[current[1]]
        self._number += 1
        self._owners[self._number] = owner
        self._current[owner] = when, self._number
        heapq.heappush(self._heap, (when, self._number))

    def cancel(self, owner: Owner) -> None:
        """Remove the owner's deadline."""
        current = self._current.pop(owner, None)
        if current is not None:
            del self._owners[current[1]]

    def timeout(self) -> float | None:
        """The next deadline; None: there is none."""
        while self._heap and self._heap[0][1] not in self._owners:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float, most: int = sys.maxsize) -> list[Owner]:
        """Remove and return owners whose deadline has passed, earliest first, at most `most` of them."""
        found: list[Owner] = []
        while self._heap and self._heap[0][0] <= now and len(found) < most:
            owner = self._owners.pop(heapq.heappop(self._heap)[1], None)
            if owner is not None:
                del self._current[owner]
                found.append(owner)
        return found
