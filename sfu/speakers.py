"""Chooses whom to show as speaking, of those who are heard, by audio levels (RFC 6464)."""

from collections.abc import Iterable

SPEAKING = 75.0
"""Smoothed loudness, 0 to 127, from which someone counts as speaking: -52 dBov, above the noise of a room."""

SILENT = 65.0
"""Below this someone has stopped; in between nothing changes, so that a pause between words is no event."""

LEAD = 6.0
"""How much louder, in dB, someone must be to take the place of a speaker."""


CHANGE_INTERVAL, REORDER_INTERVAL = 0.45, 1.0
"""Least seconds between two changes of the list, and before the same people are put into another order: each change is
a message to everyone in the room. With four updates a second, a list changes twice a second at most."""


class SpeakerDetector:
    """Keeps the list of speakers steady while levels jump about."""

    __slots__ = ("_changed_at", "_list", "_speaking")

    def __init__(self) -> None:
        self._speaking: dict[str, float] = {}
        self._list: list[str] = []
        self._changed_at = float("-inf")

    def update(self, loudness: Iterable[tuple[str, float]], now: float) -> list[str]:
        """Take everyone's smoothed loudness (0 to 127); returns the speakers, loudest first."""
        found = self._sort(loudness)
        interval = REORDER_INTERVAL if set(found) == set(self._list) else CHANGE_INTERVAL
        if found != self._list and now - self._changed_at >= interval:
            self._list, self._changed_at = found, now
        return list(self._list)

    def _sort(self, loudness: Iterable[tuple[str, float]]) -> list[str]:
        before, self._speaking = self._speaking, {}
        for name, level in loudness:
            if level >= (SILENT if name in before else SPEAKING):
                self._speaking[name] = level
        # A speaker keeps the place against a newcomer who is hardly louder.
        return sorted(self._speaking, key=lambda name: -(self._speaking[name] + (LEAD if name in before else 0.0)))
