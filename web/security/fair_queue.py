"""A bounded queue in which keys take turns, so that nobody can keep everyone else waiting."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)

FIRST_TURNS = 3
"""How many turns out of four go to the first lane while items wait in both."""


class FairQueue(Generic[Item]):
    """Two lanes with at most `per_key` items of each key, and `total` in all. In each lane the keys take turns.

    The first lane is for known sources. It gets most turns, and its items displace others when the queue is full.
    """

    def __init__(self, total: int, per_key: int) -> None:
        self._total = total
        self._per_key = per_key
        self._first: OrderedDict[str, deque[Item]] = OrderedDict()
        self._second: OrderedDict[str, deque[Item]] = OrderedDict()
        self._length = 0
        self._turn = 0

    def __len__(self) -> int:
        return self._length

    def put(self, key: str, item: Item, *, first: bool) -> Item | None:
        """Queue an item. Returns the item that loses its place: None, another one, or this one."""
        lane = self._first if first else self._second
        mine = len(lane.get(key, ()))
        if mine >= self._per_key:
            return item
        dropped: Item | None = None
        if self._length >= self._total:
            dropped = self._make_room(mine, first=first)
            if dropped is None:
                return item
        lane.setdefault(key, deque()).append(item)
        self._length += 1
        return dropped

    def _make_room(self, mine: int, *, first: bool) -> Item | None:
        """Remove the last item of the key with the most items, if it has more than the newcomer would have."""
        lane = self._second if self._second else self._first
        heaviest = max(lane, key=lambda key: len(lane[key]))
        if len(lane[heaviest]) <= mine + 1 and not (first and lane is self._second):
            return None
        dropped = lane[heaviest].pop()
        self._taken(lane, heaviest)
        return dropped

    def get(self) -> Item | None:
        """Return the next item; None if there is none."""
        if self._length == 0:
            return None
        self._turn = (self._turn + 1) % (FIRST_TURNS + 1)
        lanes = (self._second, self._first) if self._turn == 0 else (self._first, self._second)
        lane = lanes[0] if lanes[0] else lanes[1]
        key = next(iter(lane))
        item = lane[key].popleft()
        lane.move_to_end(key)
        self._taken(lane, key)
        return item

    def _taken(self, lane: OrderedDict[str, deque[Item]], key: str) -> None:
        self._length -= 1
        if not lane[key]:
            del lane[key]

    def remove(self, item: Item) -> bool:
        """Remove an item that is no longer wanted. Returns False if it isn't in the queue."""
        for lane in (self._first, self._second):
            for key, items in lane.items():
                if item in items:
                    items.remove(item)
                    self._taken(lane, key)
                    return True
        return False
