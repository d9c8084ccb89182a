"""What gives way first where a relay can't keep up: pictures per second, before packets get lost.

A relay whose socket is never empty is out of time. Soon its buffer overflows, what is lost is asked for again, and that
takes more time: without anything giving way a room that is five per cent too large loses half of all packets. So
viewers get cheaper pictures, step by step, until the relay keeps up; sound is never touched. It goes back the same way,
later each time that it had to return.
"""

import logging
from typing import TypeVar

BEHIND = 0.2
"""Seconds since all that had arrived was read, from which on a relay can't keep up."""

WORSE = 0.75
"""Seconds that this must last for each step: something else on the machine may have stopped the relay for a moment, and
the streams of a lower step begin with keyframes, which cost something at first."""

BETTER, LONGEST = 5.0, 80.0
"""Seconds without being late after which a step is taken back; doubled each time that this was too early."""

REGRET = 20.0
"""Seconds after taking a step back within which being late shows that."""

MAX_LEVEL = 4

log = logging.getLogger(__name__)


class Governor:
    """Decides by how much viewers get less than they want, from 0 to `MAX_LEVEL`."""

    __slots__ = ("_eased_at", "_hold", "_late_at", "_late_since", "level")

    def __init__(self) -> None:
        self.level = 0
        self._hold = BETTER
        self._late_since: float | None = None
        """Since when it has been late without a break, or since the last step; None: it isn't late."""
        self._late_at = self._eased_at = float("-inf")

    def update(self, now: float, behind: float) -> None:
        """Take the seconds by which the relay is behind. Call it a few times a second."""
        if behind >= BEHIND:
            self._late_at = now
            if self._late_since is None:
                self._late_since = now
            elif self.level < MAX_LEVEL and now - self._late_since >= WORSE:
                self._late_since = now
                self._raise(now)
            return
        self._late_since = None
        calm = now - max(self._late_at, self._eased_at)
        if self.level and calm >= self._hold:
            self.level -= 1
            self._eased_at = now
            log.info("The relay keeps up again: viewers get better pictures (level %d).", self.level)
        elif not self.level and calm >= LONGEST:
            self._hold = BETTER

    def _raise(self, now: float) -> None:
        if now - self._eased_at < REGRET:
            self._hold = min(2 * self._hold, LONGEST)
        self.level += 1
        log.warning("The relay can't keep up: viewers get fewer or smaller pictures (level %d).", self.level)


_Step = TypeVar("_Step")


def affordable(steps: tuple[_Step, ...], level: int) -> tuple[_Step, ...]:
    """The steps of a picture that are left at a level: half of them at the first, then a quarter, but one at least."""
    return steps[: -(-len(steps) // (1 << level))]
