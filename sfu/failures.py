"""Unexpected exceptions on the packet path and in timers: all are counted, some are logged."""

import logging
import traceback
from collections import Counter

log = logging.getLogger(__name__)

LOG_INTERVAL = 60.0
"""Seconds between two tracebacks of one kind: a packet that raises can come a thousand times a second."""

MAX_KINDS = 100
"""Kinds remembered; the code has fewer places that could raise."""


class Failures:
    """Counts failures by step, under `drops`, and logs each kind once in `LOG_INTERVAL`."""

    __slots__ = ("_drops", "_kinds")

    def __init__(self, drops: Counter[str]) -> None:
        self._drops = drops
        self._kinds: dict[tuple[str, str, int], tuple[float, int]] = {}
        """By step, file and line: when it was last logged, and how many followed since."""

    def note(self, step: str, error: Exception, now: float) -> None:
        """Count a failure of that step, such as `send_packets`."""
        self._drops[f"exception_{step}"] += 1
        place = traceback.extract_tb(error.__traceback__)[-1:]
        kind = (step, place[0].filename if place else "", (place[0].lineno or 0) if place else 0)
        logged_at, unlogged = self._kinds.get(kind, (float("-inf"), 0))
        if now - logged_at < LOG_INTERVAL:
            self._kinds[kind] = logged_at, unlogged + 1
            return
        if len(self._kinds) >= MAX_KINDS:
            self._kinds.clear()
        self._kinds[kind] = now, 0
        log.error(
            "Failed to %s (%d more like this since the last time)", step.replace("_", " "), unlogged, exc_info=error
        )
