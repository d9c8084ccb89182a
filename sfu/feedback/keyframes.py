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


SHARE = 0.25
"""Share of an encoding's bytes that requested keyframes may make up in the long run. Browsers make keyframes of 5 to 15
times the size of another picture: asked for two a second, they spend most of their bitrate on them, and everyone's
picture is coarse."""

BURST = 4
"""Keyframes that may be requested before the share counts: a meeting in which everyone arrives."""

STRAINED_INTERVAL = 2.0
"""Seconds between two requests while keyframes take up more than their share: the longest wait of a newcomer then."""


class KeyframeRequester:
    """Turns any number of wishes into at most one request per interval, repeated a few times until a keyframe comes."""

    __slots__ = ("_allowance", "_next_at", "_seen", "_tries", "_unanswered", "_wanted", "requests")

    def __init__(self) -> None:
        self._wanted = False
        self._next_at = 0.0
        self._tries = 0
        """Requests since the last wish."""
        self._unanswered = 0
        """Requests since the last keyframe, while media was coming."""
        self._allowance = float(BURST)
        """Keyframes that may be requested before they take up more than their share."""
        self._seen = 0
        """Bytes of the encoding at the last request."""
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

    def due(self, now: float) -> bool:
        """Whether `poll` will return True."""
        return self._wanted and now >= self._next_at

    def poll(self, now: float, *, sending: bool = True, octets: int = 0, size: int = 0) -> bool:
        """Whether to send a request now.

        `sending`: whether packets are coming from the encoder; `octets`: bytes that came so far; `size`: bytes of the
        latest keyframe, 0 if unknown.
        """
        if not self.due(now):
            return False
        self._tries += 1
        self.requests += 1
        self._wanted = self._tries < TRIES
        self._unanswered += sending
        interval = INTERVAL if self._affords(octets, size) else STRAINED_INTERVAL
        self._next_at = now + min(MAX_INTERVAL, interval * 2 ** max(0, self._unanswered - PATIENCE + 1))
        return True

    def _affords(self, octets: int, size: int) -> bool:
        """Charge a keyframe of that size. False: the next one would be over the share."""
        earned = SHARE * (octets - self._seen) / size if size else BURST
        self._seen = octets
        self._allowance = max(0.0, min(BURST, self._allowance + earned) - 1)
        return self._allowance >= 1

    def put_off(self, until: float) -> None:
        """Make no request before that time."""
        self._next_at = max(self._next_at, until)

    def timeout(self) -> float | None:
        """When `poll` will return True; None: nobody wants a keyframe."""
        return self._next_at if self._wanted else None
