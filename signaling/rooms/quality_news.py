"""Changes of connection quality: told at once while they are few, and the latest of each person while they are many.

In a room of hundreds on a bad evening, somebody's connection changes all the time, and everyone is told of each.
"""

from sfu.plane import QualityChanged

AT_ONCE = 5
"""Changes told between two calls of `later`, and by each: with four calls a second, at most 20 a second."""


class QualityNews:
    """The changes of one room that still have to be told."""

    __slots__ = ("_told", "_waiting")

    def __init__(self) -> None:
        self._told = 0
        """How many have been told since `later` was called."""
        self._waiting: dict[str, QualityChanged] = {}
        """The latest of each member, in the order in which members came to wait."""

    def at_once(self, change: QualityChanged) -> bool:
        """Whether to tell a change now; otherwise `later` returns it, unless the member's next one takes its place."""
        if self._waiting or self._told == AT_ONCE:
            self._waiting[change.member] = change
            return False
        self._told += 1
        return True

    def later(self) -> list[QualityChanged]:
        """Return those to tell now. Call it a few times a second."""
        found = [self._waiting.pop(member) for member in list(self._waiting)[:AT_ONCE]]
        self._told = len(found)
        return found
