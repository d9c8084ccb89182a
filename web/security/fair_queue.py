"""A bounded queue whose turns go round, so that nobody can keep all others waiting."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)

FIRST_TURNS = 3
"""Of four turns, how many go to the first lane while both have somebody waiting."""


class FairQueue(Generic[Item]):
    """Two lanes of `per_key` items for each key, and `total` in all. In each lane the keys take turns.

    The first lane is for those who are known. They get most turns, and a place where there is none left.
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
        """Let an item wait. Returns the one that can't (any longer): None, another, or this one."""
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
        """Take the last item of the source with most waiting, if that is more than the newcomer would have."""
        lane = self._second if self._second else self._first
        heaviest = max(lane, key=lambda key: len(lane[key]))
        if len(lane[heaviest]) <= mine + 1 and not (first and lane is self._second):
            return None
        dropped = lane[heaviest].pop()
        self._taken(lane, heaviest)
        return dropped

    def get(self) -> Item | None:
        """The next; None: nobody waits."""
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
        """Take out what nobody wants any more; False: it isn't waiting."""
        for lane in (self._first, self._second):
            for key, items in lane.items():
                if item in items:
                    items.remove(item)
                    self._taken(lane, key)
                    return True
        return False
