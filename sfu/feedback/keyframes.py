"""When to ask a sender for a keyframe."""

INTERVAL = 0.5
"""Seconds between two requests for the same encoding: a keyframe costs as much as a second of video, and newcomers,
switches and losses of a whole room come together."""

TRIES = 3
"""Requests for one call of `want`. A lasting need repeats the call: a waiting viewer with every packet that arrives, a
decoder by another PLI. So a sender that is silent, or whose viewers have left, isn't asked for ever."""

PATIENCE = 6
"""Requests in a row that may go unanswered, while media arrives, before they become rarer."""

MAX_INTERVAL = 8.0
"""Seconds between requests to a sender that never answers them: its viewers wait, but it makes no keyframe."""


class KeyframeRequester:
    """Turns any number of wishes into at most one request per interval, repeated a few times until a keyframe comes."""

    __slots__ = ("_next_at", "_tries", "_unanswered", "_wanted", "requests")

    def __init__(self) -> None:
        self._wanted = False
        self._next_at = 0.0
        self._tries = 0
        """Requests since the last wish."""
        self._unanswered = 0
        """Requests since the last keyframe, while media was coming."""
        self.requests = 0
        """Requests so far."""

    @property
    def wanted(self) -> bool:
        """Whether a request is pending."""
        return self._wanted

    def want(self) -> None:
        """Note that someone needs a keyframe."""
        self._wanted = True
        self._tries = 0

    def received(self) -> None:
        """Note that a keyframe has come."""
        self._wanted = False
        self._unanswered = 0

    def poll(self, now: float, *, sending: bool = True) -> bool:
        """Whether to send a request now; `sending`: whether packets are coming from the encoder."""
        if not self._wanted or now < self._next_at:
            return False
        self._tries += 1
        self.requests += 1
        self._wanted = self._tries < TRIES
        self._unanswered += sending
        self._next_at = now + min(MAX_INTERVAL, INTERVAL * 2 ** max(0, self._unanswered - PATIENCE + 1))
        return True

    def timeout(self) -> float | None:
        """When `poll` will return True; None: nobody wants a keyframe."""
        return self._next_at if self._wanted else None
