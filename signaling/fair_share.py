"""A bounded number of places, shared so that no client can take them from all the others."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)


class FairShare(Generic[Item]):
    """At most `total` items, and `per_key` of one key (such as an address); None: any number.

    A new item always gets a place. If its key has reached its limit, the key's least recently used item gives way; if
    the total is reached, that of the key with the most items. So a client that takes many places, from however few
    addresses, takes them from itself. Every operation takes constant time.
    """

    def __init__(self, total: int, per_key: int | None) -> None:
        self._total = total
        self._per_key = per_key
        self._keys: dict[Item, str] = {}
        self._items: dict[str, OrderedDict[Item, None]] = {}
        self._by_size: dict[int, OrderedDict[str, None]] = {}
        """Keys by how many items they have."""
        self._largest = 0

    def __len__(self) -> int:
        return len(self._keys)

    def enter(self, key: str, item: Item, total: int | None = None) -> list[Item]:
        """Take a place. Returns the items that gave way; they have left already. `total` overrides the limit once."""
        gone: list[Item] = []
        if self._per_key is not None and len(self._items.get(key, ())) >= self._per_key:
            gone.append(self._oldest(key))
            self.leave(gone[0])
        bound = self._total if total is None else total
        self._keys[item] = key
        self._items.setdefault(key, OrderedDict())[item] = None
        self._resized(key, len(self._items[key]) - 1)
        while len(self._keys) > max(bound, 0):
            victim = self._oldest(next(iter(self._by_size[self._largest])))
            self.leave(victim)
            gone.append(victim)
        return gone

    def touch(self, item: Item) -> None:
        """Mark the item as just used: others of its key give way first."""
        key = self._keys.get(item)
        if key is not None:
            self._items[key].move_to_end(item)

    def leave(self, item: Item) -> None:
        """Give the place back; does nothing for an item without one."""
        key = self._keys.pop(item, None)
        if key is None:
            return
        before = len(self._items[key])
        del self._items[key][item]
        self._resized(key, before)
        if before == 1:
            del self._items[key]

    def _oldest(self, key: str) -> Item:
        return next(iter(self._items[key]))

    def _resized(self, key: str, before: int) -> None:
        size = len(self._items[key])
        if before:
            del self._by_size[before][key]
            if not self._by_size[before]:
                del self._by_size[before]
        if size:
            self._by_size.setdefault(size, OrderedDict())[key] = None
        if size > self._largest or self._largest not in self._by_size:
            # One more or one less than before: no other size can be the largest now.
            self._largest = size if size > self._largest else self._largest - 1
