"""How much each participant sends and receives at the moment, for administrators."""

from collections.abc import Callable
from dataclasses import dataclass

from sfu.local_plane import LocalPlane

INTERVAL = 1.0
"""Least seconds over which a rate is taken, and for which the result is kept."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Bits of media per second: from the participant, and to them."""

    received: float
    sent: float


@dataclass(frozen=True, slots=True)
class _Counted:
    at: float
    bytes: dict[str, tuple[int, int]]
    """Received and sent, by participant."""


class Traffic:
    """Compares counters between two questions; the first one has no answer."""

    def __init__(self, plane: LocalPlane, now: Callable[[], float]) -> None:
        self._plane = plane
        self._now = now
        """Seconds, of any clock that only goes forward."""
        self._last: _Counted | None = None
        self._rates: dict[str, Rates] = {}

    def rates(self) -> dict[str, Rates]:
        """Return the rates by participant's id, over the time since the last question, or one a moment ago."""
        now, last = self._now(), self._last
        if last is not None and now - last.at < INTERVAL:
            return self._rates
        self._last = _Counted(now, self._count())
        if last is not None:
            self._rates = {
                member: Rates(
                    *(8 * max(0, new - old) / (now - last.at) for new, old in zip(counts, before, strict=True))
                )
                for member, counts in self._last.bytes.items()
                if (before := last.bytes.get(member)) is not None
            }
        return self._rates

    def _count(self) -> dict[str, tuple[int, int]]:
        found = {}
        for room in self._plane.rooms.values():
            for member in room.members.values():
                totals = member.transport.totals()
                found[member.id] = totals.received_bytes, totals.sent_bytes
        return found
