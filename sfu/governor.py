"""What gives way first where a relay can't keep up: pictures, before packets get lost.

A relay for which more and more waits is out of time. Soon its buffer overflows, what is lost is asked for again, and
that takes more time: without anything giving way a room that is five per cent too large loses half of all packets. So
viewers get cheaper pictures, step by step, then fewer, until the relay keeps up; sound is never touched. It goes back
the same way, later each time that it had to return.

A step takes a while to help, since streams begin with keyframes and senders must be told. If it isn't enough, or
packets are being lost already, cameras are shed as they arrive, before they cost anything, until nothing waits any
more. That is what keeps sound from getting later and later, and lost in the end.
"""

import logging
from typing import TypeVar

from sfu.budget import Budget

BEHIND = 0.25
"""Seconds of reading that wait, from which on a relay can't keep up."""

WORSE, STILL_WORSE = 1.0, 0.5
"""Seconds that this must last for the first step, as something else on the machine may have stopped the relay for a
moment, and for further ones."""

LOSING = 1.0
"""Seconds of reading that wait, from which on packets get lost: the relay's buffer holds no more."""

RECENT = 10.0
"""Seconds after a step within which the next is a further one."""

FALLING = 0.8
"""If what waits has become so many times as much meanwhile, or less, the last step is enough: it needs time."""

BETTER, LONGEST = 5.0, 80.0
"""Seconds without being late after which a step is taken back; doubled each time that this was too early."""

REGRET = 20.0
"""Seconds after taking a step back within which being late shows that."""

SMALLEST = 4
"""Level from which on each camera is shown in its cheapest form, and only that is sent by those who publish."""

MAX_LEVEL = 8
"""Beyond `SMALLEST`, each level leaves viewers half as many cameras."""

KEYFRAME_BURST, KEYFRAMES_PER_SECOND = 10, 50.0
"""Keyframes of cameras that the relay asks for at once, and in the long run, while viewers get less than they want.
After a step everybody needs one; all at once they would be too much again."""

log = logging.getLogger(__name__)


class Governor:
    """Decides by how much viewers get less than they want, from 0 to `MAX_LEVEL`."""

    __slots__ = (
        "_behind",
        "_eased_at",
        "_hold",
        "_keyframes",
        "_late_at",
        "_late_since",
        "_raised_at",
        "late",
        "level",
        "shedding",
    )

    def __init__(self) -> None:
        self.level = 0
        self.late = False
        """Whether the relay was late when that was last looked at. What it lost itself isn't asked for again then: that
        would be more to read, for what is too old when it comes.
        """
        self.shedding = False
        """Whether packets of cameras are dropped as they arrive, so that the relay catches up at once."""
        self._hold = BETTER
        self._keyframes = Budget(KEYFRAME_BURST, KEYFRAMES_PER_SECOND)
        self._late_since: float | None = None
        """Since when it has been late without a break, or since the last step; None: it isn't late."""
        self._behind = 0.0
        """By how much it was late then."""
        self._late_at = self._eased_at = self._raised_at = float("-inf")

    def update(self, now: float, behind: float) -> None:
        """Take the seconds by which the relay is behind. Call it a few times a second."""
        self.late = behind >= BEHIND
        if self.late:
            self._late_at = now
            patience = STILL_WORSE if now - self._raised_at < RECENT else WORSE
            if self._late_since is None:
                self._late_since = now
            elif now - self._late_since >= patience:
                if behind > FALLING * self._behind:
                    self._raise(now, behind)
                self._late_since, self._behind = now, behind
            return
        self._late_since, self._behind, self.shedding = None, 0.0, False
        calm = now - max(self._late_at, self._eased_at)
        if self.level and calm >= self._hold:
            self.level -= 1
            self._eased_at = now
            log.info("The relay keeps up again: viewers get better pictures (level %d).", self.level)
        elif not self.level and calm >= LONGEST:
            self._hold = BETTER

    def grants_keyframe(self, now: float) -> bool:
        """Whether a camera may be asked for a keyframe now; one that would be shed is none."""
        return not self.level or (not self.shedding and self._keyframes.spend(1, now))

    def _raise(self, now: float, behind: float) -> None:
        self.shedding = behind >= LOSING or now - self._raised_at < RECENT
        self._raised_at = now
        if now - self._eased_at < REGRET:
            self._hold = min(2 * self._hold, LONGEST)
        if self.level < MAX_LEVEL:
            self.level += 1
            log.warning("The relay can't keep up: viewers get fewer or smaller pictures (level %d).", self.level)


_Step = TypeVar("_Step")


def affordable(steps: tuple[_Step, ...], level: int) -> tuple[_Step, ...]:
    """The steps of a picture that are left at a level: half of them at the first, then a quarter, but one at least."""
    return steps[: -(-len(steps) // (1 << level))]


def cameras(count: int, level: int) -> int:
    """How many cameras a viewer is left at a level: all up to `SMALLEST`, then half of them and so on, but one."""
    return -(-count // (1 << max(0, level - SMALLEST)))
