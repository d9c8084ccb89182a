"""When to ask a sender for a keyframe."""

INTERVAL = 0.5
"""Seconds between two requests for the same encoding: a keyframe costs as much as a second of video, and newcomers,
switches and losses of a whole room come together."""


class KeyframeRequester:
    """Turns any number of wishes into at most one request an interval, repeated until a keyframe has come."""

    __slots__ = ("_next_at", "_wanted")

    def __init__(self) -> None:
        self._wanted = False
        self._next_at = 0.0

    def want(self) -> None:
        """Someone needs a keyframe."""
        self._wanted = True

    def received(self) -> None:
        """A keyframe has come."""
        self._wanted = False

    def poll(self, now: float) -> bool:
        """Whether to send a request now."""
        if not self._wanted or now < self._next_at:
            return False
        self._next_at = now + INTERVAL
        return True

    def timeout(self) -> float | None:
        """When `poll` will say yes; None: nobody wants a keyframe."""
        return self._next_at if self._wanted else None
