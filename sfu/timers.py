"""Who has something to do when: a heap of deadlines that keeps nothing alive that has been cancelled."""

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
        """Wake the owner at that time, unless it is woken earlier anyway; it then asks for the next time itself."""
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
        """Never wake the owner."""
        current = self._current.pop(owner, None)
        if current is not None:
            del self._owners[current[1]]

    def timeout(self) -> float | None:
        """When the next owner is to be woken; None: nobody is."""
        while self._heap and self._heap[0][1] not in self._owners:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: float, most: int = sys.maxsize) -> list[Owner]:
        """Take out those whose time has come, earliest first, and no more than `most`."""
        found: list[Owner] = []
        while self._heap and self._heap[0][0] <= now and len(found) < most:
            owner = self._owners.pop(heapq.heappop(self._heap)[1], None)
            if owner is not None:
                del self._current[owner]
                found.append(owner)
        return found
